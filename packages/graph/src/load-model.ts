import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkedInputs } from './compile.ts';
import { GraphError } from './graph-error.ts';
import { openProgram } from './program.ts';
import { type ModelForm, modelForm } from './saved-model.ts';
import { type Specs, unflatten } from './tree.ts';

/** A model that `saveModel` wrote, as a function. */
export interface LoadedModel<I, O> {
  /**
   * Runs the model, synchronously. The result is the caller's to dispose of.
   * @throws GraphError that names an input of another place, shape or type than it was saved for
   */
  call(inputs: I): O;
  /** What it takes: shapes, with -1 for a batch of any size, and types. */
  readonly inputs: Specs<I>;
  /** Releases the model; calls afterwards throw. */
  dispose(): void;
}

/**
 * Loads what `saveModel` wrote, trees of tensors included: `loadModel<typeof fn>(directory)` has the types of
 * the function that was saved. TensorFlow's graph executor runs it, without XLA, since a SavedModel
 * holds no XLA instructions.
 * @throws GraphError where the folder holds no such model
 */
export function loadModel<F extends (inputs: never) => unknown>(
  directory: string,
): LoadedModel<Parameters<F>[0], ReturnType<F>> {
  const { inputs, inputStructure, outputs, outputStructure } = readForm(directory);
  const program = openProgram(directory, { inputs: inputs.length, outputs: outputs.length }, false);
  let disposed = false;
  return {
    call(tree) {
      if (disposed) throw new GraphError('A loaded model is called after dispose().');
      const results = program.run(checkedInputs({ inputs, inputStructure }, tree));
      return unflatten(outputStructure, results) as ReturnType<F>;
    },
    inputs: unflatten(
      inputStructure,
      inputs.map(({ value }) => value),
    ) as Specs<Parameters<F>[0]>,
    dispose() {
      if (!disposed) program.dispose();
      disposed = true;
    },
  };
}

function readForm(directory: string): ModelForm {
  const path = join(directory, modelForm);
  const refusal = (what: string, cause?: unknown) =>
    new GraphError(
      `${directory} holds no model that saveModel of this package wrote: ${modelForm} ${what}.`,
      'save it again; other SavedModels are read by tf.node.loadSavedModel',
      { cause },
    );
  if (!existsSync(path)) throw refusal('is missing');
  let form: Partial<ModelForm> | null;
  try {
    form = JSON.parse(readFileSync(path, 'utf8')) as ModelForm | null;
  } catch (cause) {
    throw refusal('cannot be read', cause);
  }
  if (Array.isArray(form?.inputs) && Array.isArray(form.outputs)) return form as ModelForm;
  throw refusal('names no inputs and outputs');
}
