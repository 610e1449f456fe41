import * as tf from '@tensorflow/tfjs-core';
import { GraphError } from './graph-error.ts';

/** An op's attribute as tfjs-node's kernels write it. */
export interface OpAttribute {
  name: string;
  /** One of the binding's TF_ATTR_* codes. */
  type: number;
  value: unknown;
}

/** The value of an op's attribute; undefined where it has none of this name. */
export const attributeValue = (attributes: readonly OpAttribute[], name: string): unknown =>
  attributes.find((it) => it.name === name)?.value;

/** What the native addon tells of a tensor that it made. */
interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

type AttributeCode = `TF_ATTR_${'TYPE' | 'SHAPE' | 'STRING' | 'BOOL' | 'INT' | 'FLOAT'}`;

interface Binding extends Record<AttributeCode, number> {
  createTensor(shape: number[], dtype: number, values: tf.BackendValues): number;
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(session: number): void;
  runSavedModel(
    session: number,
    tensorIds: number[],
    inputs: string,
    outputs: string,
  ): TensorMetadata[];
}

/** The parts of tfjs-node's backend that tracing and running rest on (tfjs-node 4.22). */
export interface NodeBackend {
  binding: Binding;
  isUsingGpuDevice: boolean;
  tensorMap: {
    get(dataId: object): { dtype: number; values: tf.BackendValues | null };
    set(dataId: object, entry: object): void;
  };
  executeSingleOutput(op: string, attributes: OpAttribute[], inputs: tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: OpAttribute[],
    inputs: tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
  /** How many tensors share a dataId. */
  refCount(dataId: object): number;
  getInputTensorIds(tensors: tf.Tensor[]): number[];
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  readSync(dataId: object): tf.BackendValues;
  read(dataId: object): Promise<tf.BackendValues>;
}

/** The active tfjs-node backend. Throws a GraphError when another one is active, or none. */
export function nodeBackend(): NodeBackend {
  const backend: Partial<NodeBackend> | null = tf.getBackend()
    ? (tf.backend() as unknown as NodeBackend)
    : null;
  if (backend?.binding !== undefined && backend.executeSingleOutput !== undefined) {
    return backend as NodeBackend;
  }
  throw new GraphError(
    `The tfjs backend "${tf.getBackend()}" cannot trace.`,
    'load @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu before calling',
  );
}
