/**
 * A tree is a tensor, or an array or plain object of trees: tensors in numbered or named places. Types say
 * it as they like (`{ weight: tf.Tensor2D }`, an interface, …); what is no tree is refused when it is met.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DType } from './dtype.ts';
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

const isSpec = (value: object): value is TensorSpec =>
  'shape' in value && Array.isArray(value.shape) && 'dtype' in value;

const isLeaf = (value: unknown): value is tf.Tensor | TensorSpec =>
  value instanceof tf.Tensor || (typeof value === 'object' && value !== null && isSpec(value));

const describe = (value: unknown): string => {
  if (value === null || typeof value !== 'object') return String(value);
  return `a ${value.constructor?.name ?? 'null-prototype object'}`;
};

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value));

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
  const visit = (value: unknown, path: string): Structure => {
    const below = (key: string | number): string => (path === '' ? `${key}` : `${path}/${key}`);
    if (isLeaf(value)) return leaves.push({ path, value: value as T }) - 1;
    if (Array.isArray(value)) return value.map((item, i) => visit(item, below(i)));
    if (isPlain(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [name, visit(item, below(name))]),
      );
    }
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
