/**
 * A tree is a tensor, or an array or plain object of trees: tensors in numbered or named places. Types say
 * it as they like (`{ weight: tf.Tensor2D }`, an interface, …); what is no tree is refused when it is met.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type DType, dtypeCode } from './dtype.ts';
import { GraphError } from './graph-error.ts';

/** The shape and type of a tensor, standing for it before there is one. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** The same tree with specifications (or example tensors) in place of tensors. */
export type Specs<T> = T extends tf.Tensor
  ? tf.Tensor | TensorSpec
  : { readonly [K in keyof T]: Specs<T[K]> };

/** One leaf and its place, e.g. `layers/0/weight`; the place of a lone tensor is ''. */
export interface Leaf<T> {
  path: string;
  value: T;
}

/** A tree's form without its leaves: enough to put new leaves into the same places. */
export type Structure = number | readonly Structure[] | { readonly [name: string]: Structure };

/** A tree may have these names, too; what tells them apart is that it has no text in it. */
const isSpec = (value: object): value is TensorSpec =>
  'shape' in value &&
  Array.isArray(value.shape) &&
  'dtype' in value &&
  typeof value.dtype === 'string';

function checkSpec({ shape, dtype }: TensorSpec, where: string): void {
  if (!Object.hasOwn(dtypeCode, dtype)) {
    throw new GraphError(
      `${where} is specified with the type "${dtype}", which a program cannot hold.`,
      `use ${Object.keys(dtypeCode).join(', ')}`,
    );
  }
  // Holes of an array count as well.
  if (Array.from(shape).every((size) => Number.isInteger(size) && size >= 0)) return;
  throw new GraphError(
    `${where} is specified with the shape [${shape.join(', ')}]; sizes are integers from 0 on.`,
    'a program has one shape: name it in full, or let jit(fn) compile for every shape that comes',
  );
}

const isLeaf = (value: unknown): value is tf.Tensor | TensorSpec =>
  value instanceof tf.Tensor || (typeof value === 'object' && value !== null && isSpec(value));

const describe = (value: unknown): string => {
  if (typeof value === 'function') return 'a function';
  if (value === null || typeof value !== 'object') return String(value);
  return `a ${value.constructor?.name ?? 'null-prototype object'}`;
};

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value));

/** Deeper trees are taken for a mistake, before they exhaust the stack. */
const deepest = 256;

/** A name as a part of a path, so that no two places of a tree have one path (as in JSON Pointer, RFC 6901). */
const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * Lists a tree's leaves: arrays by index, objects by their keys' order.
 * @param what names the tree in errors, e.g. `input`
 * @throws GraphError that names the place where something else than a tensor stands
 */
export function flatten<T extends tf.Tensor | TensorSpec>(
  tree: unknown,
  what: string,
): { leaves: Leaf<T>[]; structure: Structure } {
  const leaves: Leaf<T>[] = [];
  const above = new Set<unknown>();
  const visitAll = (parent: unknown, path: string, entries: [string, unknown][]) => {
    if (above.has(parent)) {
      throw new GraphError(`${place(what, path)} contains itself.`, 'use a tree without circles');
    }
    if (above.size === deepest) {
      throw new GraphError(
        `The ${what} is a tree of more than ${deepest} levels.`,
        'put tensors that are many into an array',
      );
    }
    above.add(parent);
    const structures = entries.map(([name, item]) => {
      if (name === '') {
        throw new GraphError(`${place(what, path)} has an empty name.`, 'name every tensor');
      }
      return [name, visit(item, path === '' ? escaped(name) : `${path}/${escaped(name)}`)] as const;
    });
    above.delete(parent);
    return structures;
  };
  const visit = (value: unknown, path: string): Structure => {
    if (isLeaf(value)) {
      if (!(value instanceof tf.Tensor)) checkSpec(value, place(what, path));
      return leaves.push({ path, value: value as T }) - 1;
    }
    if (Array.isArray(value)) {
      const items = Array.from(value, (item, i): [string, unknown] => [`${i}`, item]);
      return visitAll(value, path, items).map(([, structure]) => structure);
    }
    if (isPlain(value)) return Object.fromEntries(visitAll(value, path, Object.entries(value)));
    // It is refused here; that it is rejected later, when nobody waits for it, must not end the process.
    if (value instanceof Promise) value.catch(() => {});
    throw new GraphError(
      `${place(what, path)} is ${describe(value)}, not a tensor.`,
      value instanceof Promise
        ? 'write the function without async and await: a program is traced in one go'
        : 'use tensors in plain objects and arrays; a number becomes a tensor with tf.scalar',
    );
  };
  return { structure: visit(tree, ''), leaves };
}

/** Puts values into the places of a structure. */
export function unflatten<T>(structure: Structure, values: readonly T[]): unknown {
  if (typeof structure === 'number') return values[structure];
  if (Array.isArray(structure)) return structure.map((item) => unflatten(item, values));
  return Object.fromEntries(
    Object.entries(structure).map(([name, item]) => [name, unflatten(item, values)]),
  );
}

/** `input "a/b"`, or `input` for a lone tensor. */
export const place = (what: string, path: string): string =>
  path === '' ? what : `${what} "${path}"`;

/** `float32 [2, 3]`. */
export const formatSpec = ({ shape, dtype }: TensorSpec): string =>
  `${dtype} [${shape.join(', ')}]`;
