import { dtypeAttribute, type FunctionDef, type NodeDef, shapeAttribute } from './graph-def.ts';
import { type SaveOptions, traceToSave } from './saved-model.ts';
import type { Leaf, TensorSpec } from './tree.ts';

/** A function as ops alone, as other programs' formats have graphs. */
export interface TracedGraph {
  /**
   * In the order in which they can be computed. A placeholder stands for each input, under its name (`input`
   * where it has none). Inputs name a node, and `node:i` where it is its i-th result and not the first.
   */
  nodes: NodeDef[];
  /** The bodies of loops and branches, which nodes name. */
  functions: FunctionDef[];
  /** What the function gives, with the node that gives it. */
  outputs: (Leaf<TensorSpec> & { reference: string })[];
}

export interface TraceGraphOptions<I> extends SaveOptions<I> {
  /** Is told of every op where the function calls it; what it throws, the function sees. */
  onNode?: (node: NodeDef) => void;
}

/**
 * Writes a tfjs function down as TensorFlow's ops, without running it on anybody's data.
 * @throws GraphError for what cannot be traced, and for a function that gives no tensor
 */
export function traceGraph<I, O>(fn: (inputs: I) => O, options: TraceGraphOptions<I>): TracedGraph {
  const { functions, inputs, outputs } = traceToSave(fn, options);
  const main = functions.at(-1)!;
  const nameOf = new Map(main.arguments.map(({ name }, i) => [name, inputs[i]!.path || 'input']));
  const placeholders = inputs.map(
    ({ path, value }): NodeDef => ({
      ...{ name: path || 'input', op: 'Placeholder', inputs: [] },
      attributes: new Map([
        ['dtype', dtypeAttribute(value.dtype)],
        ['shape', shapeAttribute(value.shape)],
      ]),
      gave: [{ output: 'output:0', shape: value.shape }],
    }),
  );
  const made = new Map(main.nodes.map((node) => [node.name, node]));
  /** A function's own way to name a result, `node:output:i`, as graphs have it. */
  const inGraph = (reference: string): string => {
    const argument = nameOf.get(reference);
    if (argument !== undefined) return argument;
    const at = reference.indexOf(':');
    const [name, output] = [reference.slice(0, at), reference.slice(at + 1)];
    const { gave } = made.get(name)!;
    // Loops and branches give a list.
    const place = gave
      ? gave.findIndex((it) => it.output === output)
      : Number(output.slice(output.indexOf(':') + 1));
    return place === 0 ? name : `${name}:${place}`;
  };
  const nodes = main.nodes.map((node) => ({ ...node, inputs: node.inputs.map(inGraph) }));
  return {
    nodes: [...placeholders, ...nodes],
    functions: functions.slice(0, -1),
    outputs: outputs.map(({ path, value }, i) => ({
      ...{ path, value, reference: inGraph(main.results[i]!.reference) },
    })),
  };
}
