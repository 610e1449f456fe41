import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { forLoop } from './for-loop.ts';
import { traceGraph } from './traced-graph.ts';

loadTensorFlow({ threads: 1 });

const spec = { shape: [1, 4], dtype: 'float32' } as const;

test('a function is a list of ops, with what they are given, their attributes and shapes', () => {
  const fn = ({ x }: { x: tf.Tensor2D }) => {
    const [a, b] = tf.split(x, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
    return { product: tf.matMul(a, b, false, true), b };
  };
  const told: string[] = [];
  const { nodes, functions, outputs } = traceGraph(fn, {
    ...{ inputs: { x: spec }, dynamicBatch: true },
    onNode: ({ name }) => void told.push(name),
  });
  expect(functions).toEqual([]);
  expect(nodes[0]).toMatchObject({ name: 'x', op: 'Placeholder', inputs: [] });
  const split = nodes.find(({ op }) => op === 'SplitV')!;
  expect(split.inputs[0]).toBe('x');
  expect(split.gave!.map(({ shape }) => shape)).toEqual([
    [-1, 2],
    [-1, 2],
  ]);
  const product = nodes.find(({ op }) => op === 'BatchMatMulV2')!;
  expect(product.attributes.get('adj_y')).toEqual({ bool: true });
  const shapesOf = Object.fromEntries(outputs.map(({ path, value }) => [path, value.shape]));
  expect(shapesOf).toEqual({ b: [-1, 2], product: [-1, -1] });
  expect(outputs.find(({ path }) => path === 'b')!.reference).toBe(`${split.name}:1`);
  expect(told).toContain(product.name);
});

test('the bodies of loops are beside it, and its results are counted', () => {
  const { nodes, functions, outputs } = traceGraph(
    (x: tf.Tensor) => forLoop({ from: 0, steps: 3, state: x, step: (state) => tf.tanh(state) }),
    { inputs: spec },
  );
  const loop = nodes.find(({ op }) => op.endsWith('While'))!;
  expect(functions.length).toBeGreaterThan(0);
  expect(outputs[0]!.reference).toMatch(new RegExp(`^${loop.name}:\\d$`));
});

test('what is told of an op may stop the function there', () => {
  const onNode = ({ op }: { op: string }) => {
    if (op === 'Tanh') throw new Error('enough');
  };
  const reached: string[] = [];
  const fn = (x: tf.Tensor) => {
    const y = tf.tanh(x);
    reached.push('behind');
    return y;
  };
  expect(() => traceGraph(fn, { inputs: spec, onNode })).toThrow('enough');
  expect(reached).toEqual([]);
});
