import type { Tensor } from '@tensorflow/tfjs-core';
import { loadTensorFlow } from './load.ts';

/** A SavedModel's signature `serving_default`, open in this process. */
interface OpenSavedModel {
  /** Tensors by the names that the signature has for them; the caller disposes of what it gets. */
  predict(inputs: Record<string, Tensor>): Record<string, Tensor>;
}

/** Opens a SavedModel (tag `serve`) as every TensorFlow does. @throws Error where it is none */
export function openSavedModel(directory: string): Promise<OpenSavedModel> {
  const { node } = loadTensorFlow() as unknown as {
    node: {
      loadSavedModel(path: string, tags: string[], signature: string): Promise<OpenSavedModel>;
    };
  };
  return node.loadSavedModel(directory, ['serve'], 'serving_default');
}
