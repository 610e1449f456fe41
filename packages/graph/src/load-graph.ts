import { encodeSavedModel, type FunctionDef, type NodeDef } from './graph-def.ts';
import { openProgram, type Program } from './program.ts';
import { graphFile, inputNode, outputNode, writeFiles } from './saved-model.ts';
import { withTemporaryDirectory } from './temporary-directory.ts';

export { inputNode, outputNode };

/** Ops written down by hand. */
export interface Graph {
  /** Placeholders called `inputNode(i)`, and a node called `outputNode` whose outputs are what a run gives. */
  nodes: readonly NodeDef[];
  functions: readonly FunctionDef[];
  inputs: number;
  outputs: number;
}

/**
 * Brings ops to TensorFlow that no tfjs function makes. Its graph executor runs them, without XLA, on as
 * many cores as there are.
 * @throws GraphError where TensorFlow does not take them; a run throws one where an op fails
 */
export function loadGraph({
  nodes,
  functions,
  ...counts
}: Graph): Pick<Program, 'run' | 'dispose'> {
  const model = { nodes, functions, signature: 'call', inputs: [], outputs: [] };
  return withTemporaryDirectory((directory) => {
    writeFiles(directory, { [graphFile]: Buffer.concat(encodeSavedModel(model)) });
    return openProgram(directory, counts, false);
  });
}
