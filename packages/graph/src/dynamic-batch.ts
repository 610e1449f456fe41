import type * as tf from '@tensorflow/tfjs-core';
import { dtypeCode } from './dtype.ts';
import { specOf } from './fresh.ts';
import { codeAttribute, type FunctionDef, type NodeDef, tensorAttribute } from './graph-def.ts';
import { GraphError } from './graph-error.ts';
import type { Traced } from './trace.ts';
import { flatten, type Leaf, place, type TensorSpec, unflatten } from './tree.ts';

/** Two sizes that nothing else in a function is likely to have. */
const sizes = [7, 11] as const;

/**
 * Traces a function for batches of any size, the first dimension of every input that is no scalar. It is traced
 * for two sizes: what is the same in both does not depend on the size. Of the shapes that reshapes are given,
 * the one number that differs is left to TensorFlow to find.
 * @throws GraphError that names the op which depends on the size in another way
 */
export function traceAnyBatch(inputs: unknown, trace: (inputs: unknown) => Traced): Traced {
  const { leaves, structure } = flatten<tf.Tensor | TensorSpec>(inputs, 'input');
  const specs = leaves.map(({ path, value }) => specOf(value, place('input', path)));
  const [few, many] = sizes.map((size) =>
    trace(
      unflatten(
        structure,
        specs.map((spec) => ({ ...spec, shape: withFirst(spec, size) })),
      ),
    ),
  ) as [Traced, Traced];
  if (few.functions.length !== many.functions.length) throw dependsOn('a loop or branch');
  return {
    ...few,
    functions: few.functions.map((def, i) => ofAnySize(def, many.functions[i]!)),
    inputs: few.inputs.map((leaf, i) => leafOfAnySize(leaf, many.inputs[i]!)),
    outputs: few.outputs.map((leaf, i) => leafOfAnySize(leaf, many.outputs[i]!)),
  };
}

const withFirst = ({ shape }: TensorSpec, size: number): number[] =>
  shape.length === 0 ? [] : [size, ...shape.slice(1)];

const leafOfAnySize = (leaf: Leaf<TensorSpec>, other: Leaf<TensorSpec>): Leaf<TensorSpec> => ({
  ...leaf,
  value: {
    ...leaf.value,
    shape: leaf.value.shape.map((size, i) => (size === other.value.shape[i] ? size : -1)),
  },
});

function ofAnySize(few: FunctionDef, many: FunctionDef): FunctionDef {
  if (few.nodes.length !== many.nodes.length) throw dependsOn('how many operations it makes');
  const shapes = shapesThatDiffer(few, many);
  const nodes = few.nodes.flatMap((node, i) => {
    const [x, shape] = node.inputs;
    if (shapes.has(node.name)) return [];
    if (shape === undefined || !shapes.has(nodeOf(shape))) return [node];
    // Each has one of its own: what is left open may be another number in each.
    const own = openShape(node, many.nodes[i]!);
    return [own, { ...node, inputs: [x!, `${own.name}:output:0`] }];
  });
  return { ...few, nodes };
}

/** The node that a reference is to. */
const nodeOf = (reference: string): string => reference.slice(0, reference.indexOf(':'));

/**
 * The names of the constants that depend on the size, which are nothing but shapes for reshapes.
 * @throws GraphError where anything else depends on it
 */
function shapesThatDiffer(few: FunctionDef, many: FunctionDef): Set<string> {
  const differing = few.nodes.filter((node, i) => {
    const other = many.nodes[i]!;
    if (node.op !== other.op || String(node.inputs) !== String(other.inputs))
      throw dependsOn(node.op);
    return ![...node.attributes].every(([name, value]) =>
      Buffer.concat(value).equals(Buffer.concat(other.attributes.get(name) ?? [])),
    );
  });
  for (const { name, op } of differing) {
    const reads = (reference: string): boolean => reference.startsWith(`${name}:`);
    const readers = few.nodes.filter(({ inputs }) => inputs.some(reads));
    const another = readers.find(({ op, inputs }) => op !== 'Reshape' || reads(inputs[0]!));
    if (op !== 'Const' || another !== undefined) throw dependsOn((another ?? { op }).op);
    if (few.results.some(({ reference }) => reads(reference))) throw dependsOn('a result');
  }
  return new Set(differing.map(({ name }) => name));
}

/** The shape for a reshape, its one number that depends on the size left open. */
function openShape({ name, reshaped }: NodeDef, other: NodeDef): NodeDef {
  const open = reshaped!.map((size, i) => (size === other.reshaped![i] ? size : -1));
  if (open.filter((size) => size === -1).length > 1) throw dependsOn('Reshape');
  const spec = { shape: [open.length], dtype: 'int32' } as const;
  return {
    ...{ name: `${name}_shape`, op: 'Const', inputs: [] },
    attributes: new Map([
      ['dtype', codeAttribute(dtypeCode.int32)],
      ['value', tensorAttribute(spec, Int32Array.from(open))],
    ]),
  };
}

const dependsOn = (what: string): GraphError =>
  new GraphError(
    `The function cannot be saved for batches of any size: ${what} depends on the size.`,
    'take no sizes from the shape of a batch but for tf.reshape (-1 stands for one), or leave dynamicBatch out and save a model for each size',
  );
