import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, forLoop } from './index.ts';

loadTensorFlow();

test('a program is shown as counts, text and picture, its loops included', () => {
  const bias = tf.variable(tf.ones([2]), true, 'the "bias"');
  const compiled = compile(
    ({ x }: { x: tf.Tensor }) => ({
      sum: forLoop({ steps: 3, state: x, step: (now) => tf.add(tf.mul(now, 2), bias) }),
    }),
    { inputs: { x: { shape: [2], dtype: 'float32' } }, jit: false },
  );
  const { counts, text, mermaid } = compiled.inspect();
  expect(counts).toMatchObject({ StatelessWhile: 1, Mul: 1, Less: 1 });
  expect(Object.values(counts)).toEqual(Object.values(counts).toSorted((a, b) => b - a));
  expect(text).toMatch(/^program: \d+ operations\n {2}input_0 = x: float32 \[2\]\n/);
  expect(text).toContain('captured_0 = The variable "the "bias""');
  expect(text).toMatch(
    /StatelessWhile_0 = StatelessWhile\(Const_\d+, AddV2_0, input_0, captured_0\)/,
  );
  expect(text).toContain('gives StatelessWhile_0.2 as sum: float32 [2]');
  expect(text).toMatch(/\n\nbody_0: \d+ operations\n {2}index = int32\n/);
  const lines = mermaid.split('\n');
  expect(lines[0]).toBe('flowchart TD');
  expect(lines.filter((line) => line.startsWith('  subgraph '))).toEqual([
    '  subgraph program',
    '  subgraph body_0',
    '  subgraph condition_0',
  ]);
  expect(mermaid).toContain('(["The variable #quot;the #quot;bias#quot;#quot;"])');
  // Every arrow joins two boxes that are drawn.
  const drawn = new Set([...mermaid.matchAll(/(f\d+n\d+)[[(]/g)].map(([, id]) => id));
  const joined = [...mermaid.matchAll(/(f\d+n\d+) --> (f\d+n\d+)/g)].flatMap(([, a, b]) => [a, b]);
  expect(joined.length).toBeGreaterThan(10);
  expect(joined.filter((id) => !drawn.has(id))).toEqual([]);
  compiled.dispose();
  bias.dispose();
});
