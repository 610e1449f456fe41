import type * as tf from '@tensorflow/tfjs-core';
import { specOf } from './fresh.ts';
import { type Attribute, encodeAttribute, type FunctionDef, type NodeDef } from './graph-def.ts';
import { GraphError } from './graph-error.ts';
import { type Batch, filledWith, result, SizedShapes, shapeConstant } from './sized-shapes.ts';
import type { Traced } from './trace.ts';
import { flatten, type Leaf, place, type TensorSpec, unflatten } from './tree.ts';

/** Two sizes that nothing else in a function is likely to have. */
const sizes = [23, 29] as const;

/**
 * Traces a function for batches of any size, the first dimension of every input that is no scalar. It is traced
 * for two sizes: what is the same in both does not depend on the size. Of the shapes that reshapes are given,
 * the one number that differs is left to TensorFlow to find; a slice that goes to the end says so; other shapes,
 * and constants of one value, are computed from the size.
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
  const at = few.inputs.findIndex(({ value }) => value.shape.length > 0);
  const { dtype, shape } = few.inputs[at]?.value ?? { dtype: 'int32', shape: [] };
  const main = few.functions.length - 1;
  const name = few.functions[main]!.arguments[at]?.name;
  const batch: Batch | undefined =
    name === undefined ? name : { argument: { name, dtype, rank: shape.length }, traced: sizes };
  return {
    ...few,
    functions: few.functions.map((def, i) =>
      ofAnySize(def, many.functions[i]!, new SizedShapes(i === main ? batch : undefined)),
    ),
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
    shape: openWhere(leaf.value.shape, other.value.shape),
  },
});

function ofAnySize(few: FunctionDef, many: FunctionDef, shapes: SizedShapes): FunctionDef {
  if (few.nodes.length !== many.nodes.length) throw dependsOn('how many operations it makes');
  const differing = constantsThatDiffer(few, many);
  const nodes = few.nodes.flatMap((node, i) => {
    const constant = differing.get(node.name);
    if (constant !== undefined) return filled(node, constant, shapes);
    const open = ofAnyShape(node, many.nodes[i]!);
    // Each has shapes of its own: what is left open may be another number in each.
    const own: NodeDef[] = [];
    const inputs = node.inputs.map((reference, at) => {
      const shape = differing.get(nodeOf(reference));
      if (shape === undefined || shape.isFilled) return reference;
      own.push(...shapeFor(open, at, shape, shapes));
      return result(own.at(-1)!);
    });
    return [...own, { ...open, inputs }];
  });
  return { ...few, nodes: [...shapes.nodes, ...nodes] };
}

const ofAnyShape = (node: NodeDef, { gave }: NodeDef): NodeDef =>
  node.gave === undefined || gave === undefined
    ? node
    : {
        ...node,
        gave: node.gave.map(({ output, shape }, k) => ({
          ...{ output, shape: openWhere(shape, gave[k]!.shape) },
        })),
      };

/** A shape with what differs left open. */
const openWhere = (shape: readonly number[], other: readonly number[]): number[] =>
  shape.map((size, i) => (size === other[i] ? size : -1));

/** The node that a reference is to. */
const nodeOf = (reference: string): string => reference.slice(0, reference.indexOf(':'));

/** What a constant was for the two sizes. */
interface Differing {
  few: ConstantValue;
  many: ConstantValue;
  /** Whether it is one value for both, in other shapes. */
  isFilled: boolean;
}

type ConstantValue = Extract<Attribute, { tensor: unknown }>;

/** The arguments of ops that are shapes or the like: these may be computed. */
const shapeArguments: Readonly<Record<string, readonly number[]>> = {
  ...{ Reshape: [1], Slice: [1, 2], Tile: [1], Fill: [0], BroadcastTo: [1] },
  Conv2DBackpropInput: [0],
};

/**
 * The constants that depend on the size, by their names: they are nothing but shapes, or of one value.
 * @throws GraphError where anything else depends on it
 */
function constantsThatDiffer(few: FunctionDef, many: FunctionDef): Map<string, Differing> {
  const differing = new Map<string, Differing>();
  for (const [i, node] of few.nodes.entries()) {
    const other = many.nodes[i]!;
    if (node.op !== other.op || String(node.inputs) !== String(other.inputs))
      throw dependsOn(node.op);
    const isSame = [...node.attributes].every(([name, value]) => {
      const there = other.attributes.get(name);
      return there && Buffer.from(encodeAttribute(value)).equals(encodeAttribute(there));
    });
    if (isSame) continue;
    const [a, b] = [node, other].map(({ attributes }) => attributes.get('value'));
    if (!a || !b || !('tensor' in a) || !('tensor' in b)) throw dependsOn(node.op);
    const [value] = a.values;
    const isFilled = [a, b].every(({ values }) => values.every((it) => Object.is(it, value)));
    differing.set(node.name, { few: a, many: b, isFilled });
  }
  for (const [name, { isFilled }] of differing) {
    const reads = (reference: string): boolean => reference.startsWith(`${name}:`);
    const another = few.nodes.find(({ op, inputs }) =>
      inputs.some((it, at) => reads(it) && !shapeArguments[op]?.includes(at)),
    );
    if (!isFilled && another !== undefined) throw dependsOn(another.op);
    if (!isFilled && few.results.some(({ reference }) => reads(reference)))
      throw dependsOn('a result');
  }
  return differing;
}

/** A constant of one value, in the shape that the size makes; none where it is a shape, since its readers have their own. */
function filled(node: NodeDef, { few, many, isFilled }: Differing, shapes: SizedShapes): NodeDef[] {
  if (!isFilled) return [];
  const shape = shapes.computed(node.name, few.tensor.shape, many.tensor.shape);
  if (shape === undefined) throw dependsOn('a constant');
  return [...shape, ...filledWith(node.name, shape.at(-1)!, few)];
}

/** The nodes that give an op its shape, the last one the shape. */
function shapeFor(
  { name, op, gave }: NodeDef,
  at: number,
  { few, many }: Differing,
  shapes: SizedShapes,
): NodeDef[] {
  const own = `${name}_${at}`;
  const open = gave?.[0]?.shape ?? [];
  // One number TensorFlow finds by itself.
  if (op === 'Reshape' && open.filter((size) => size === -1).length === 1)
    return [shapeConstant(`${own}_shape`, open)];
  const shape = shapes.computed(own, [...few.values], [...many.values]);
  if (shape === undefined) throw dependsOn(op);
  return shape;
}

const dependsOn = (what: string): GraphError =>
  new GraphError(
    `The function cannot be saved for batches of any size: ${what} depends on the size.`,
    'take sizes from the shape of a batch for shapes alone, such as those of tf.reshape, tf.tile and tf.zeros, or leave dynamicBatch out and save a model for each size',
  );
