import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { byteTensor, castBytes, compile, compileLoop, gather } from './index.ts';

loadTensorFlow();

const x = tf.randomNormal([128, 128]) as tf.Tensor2D;
const w = tf.randomNormal([128, 128]) as tf.Tensor2D;
const fn = (y: tf.Tensor2D) =>
  tf.valueAndGrads((v) => tf.mean(tf.matMul(y, v as tf.Tensor2D)))([w]);

/** tfjs's tensors, the addon's tensors and sessions, and megabytes of resident memory. */
function held() {
  const backend = tf.backend() as unknown as {
    getNumOfTFTensors(): number;
    getNumOfSavedModels(): number;
  };
  return {
    tensors: tf.memory().numTensors,
    native: backend.getNumOfTFTensors(),
    sessions: backend.getNumOfSavedModels(),
    megabytes: process.memoryUsage.rss() / 2 ** 20,
  };
}

function expectFlat(repeat: () => void, warmUp: () => void, allowedMegabytes: number): void {
  warmUp();
  const before = held();
  repeat();
  const after = held();
  expect({ ...after, megabytes: 0 }).toEqual({ ...before, megabytes: 0 });
  expect(after.megabytes - before.megabytes).toBeLessThan(allowedMegabytes);
}

test('1,000 calls leave nothing behind', () => {
  const compiled = compile(fn, { inputs: x });
  const calls = (count: number) => () => {
    for (let i = 0; i < count; i++) tf.dispose(compiled.call(x) as unknown as tf.TensorContainer);
  };
  // One result is 64 KB: 1,000 of them would be 64 MB.
  expectFlat(calls(1000), calls(200), 20);
  compiled.dispose();
});

test('1,000 runs of a loop over bytes leave nothing behind', () => {
  const bytes = byteTensor(new Uint8Array(1 << 20), [1 << 20]);
  const loop = compileLoop({
    step: (sum: tf.Tensor, data: tf.Tensor, i) =>
      tf.add(sum, castBytes(gather(data, i), 'float32')),
    state: tf.scalar(0) as tf.Tensor,
    constants: bytes,
  });
  const runs = (count: number) => () => {
    let sum: tf.Tensor = tf.scalar(0);
    for (let i = 0; i < count; i++) {
      const next = loop.run({ state: sum, constants: bytes, steps: 2 });
      sum.dispose();
      sum = next;
    }
    sum.dispose();
  };
  expectFlat(runs(1000), runs(200), 20);
  loop.dispose();
  bytes.dispose();
});

test('20 compilations leave nothing behind', () => {
  const compilations = (count: number) => () => {
    for (let i = 0; i < count; i++) {
      const compiled = compile(fn, { inputs: x });
      tf.dispose(compiled.call(x) as unknown as tf.TensorContainer);
      compiled.dispose();
    }
  };
  expectFlat(compilations(20), compilations(5), 20);
});

test('a function that cannot be compiled leaves nothing behind', () => {
  const failing = () => expect(() => compile(() => tf.sum(x).dataSync(), { inputs: x })).toThrow();
  expectFlat(failing, failing, 20);
});
