import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { flatten, unflatten } from './tree.ts';

const spec = (shape: unknown, dtype: unknown = 'float32') => ({ shape, dtype });
const paths = (tree: unknown) => flatten(tree, 'input').leaves.map(({ path }) => path);
const refusal = (tree: unknown) => {
  try {
    flatten(tree, 'input');
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
};

test('no two places of a tree have one path, whatever their names', () => {
  const x = spec([]);
  expect(paths({ 'a/b': x, a: { b: x }, 'a~1b': x, c: [x, x] })).toEqual([
    'a~1b',
    'a/b',
    'a~01b',
    'c/0',
    'c/1',
  ]);
  expect(refusal({ a: { '': x } })).toMatch(/input "a" has an empty name[\s\S]*name every tensor/);
});

test('a tree may have the names of a specification', () => {
  const leaf = spec([2]);
  const { leaves, structure } = flatten({ shape: [leaf], dtype: leaf }, 'input');
  expect(leaves.map(({ path }) => path)).toEqual(['shape/0', 'dtype']);
  expect(unflatten(structure, [1, 2])).toEqual({ shape: [1], dtype: 2 });
});

test.each([
  [[-1, 2], /input "x" is specified with the shape \[-1, 2\][\s\S]*jit\(fn\)/],
  [[null], /shape \[\]; sizes are integers/],
  [[1.5], /shape \[1\.5\]/],
  [[Number.NaN], /shape \[NaN\]/],
  [new Array(1), /shape \[\]/],
])('a specification of the shape %s is refused', (shape, message) => {
  expect(refusal({ x: spec(shape) })).toMatch(message);
});

test('a specification of a type that no program holds is refused', () => {
  expect(refusal(spec([2], 'float64'))).toMatch(/the type "float64"[\s\S]*use float32, int32/);
  expect(refusal(spec([2], 'toString'))).toMatch(/the type "toString"/);
});

test('what contains itself or is too deep is refused; what stands in two places is not', () => {
  const circle: Record<string, unknown> = { x: spec([]) };
  circle.self = [circle];
  expect(refusal(circle)).toMatch(/input "self\/0" contains itself/);
  const deep = (levels: number): unknown => (levels === 0 ? spec([]) : [deep(levels - 1)]);
  expect(refusal(deep(5000))).toMatch(/more than 256 levels/);
  expect(paths(deep(200))).toHaveLength(1);
  const twice = { x: spec([]) };
  expect(paths({ a: twice, b: twice })).toEqual(['a/x', 'b/x']);
});

test('what is no tree is refused by place', () => {
  expect(refusal({ a: [tf.scalar] })).toMatch(/input "a\/0" is a function, not a tensor/);
  expect(refusal([spec([]), ...new Array(1)])).toMatch(/input "1" is undefined/);
});
