import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { compile, forLoop, saveModel } from './index.ts';

loadTensorFlow();
const { node } = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');
const directory = mkdtempSync(join(tmpdir(), 'saved-model-'));
afterAll(() => rmSync(directory, { recursive: true }));

const weight = tf.variable(
  tf.randomNormal([600, 600], 0, 1, 'float32', 1),
) as tf.Variable<tf.Rank.R2>;
const fn = ({ image }: { image: tf.Tensor2D }) => {
  const logits = tf.matMul(image, weight);
  return {
    logits,
    refined: {
      probabilities: forLoop({ steps: 2, state: logits as tf.Tensor, step: (x) => tf.softmax(x) }),
    },
  };
};
const inputs = { image: { shape: [2, 600], dtype: 'float32' } } as const;

test("TensorFlow's own loader reads a saved function, weights and loops included", async () => {
  const path = join(directory, 'model');
  saveModel(path, fn, { inputs });
  expect(readdirSync(path).sort()).toEqual(['saved_model.pb', 'variables']);
  const [graph] = await node.getMetaGraphsFromSavedModel(path);
  expect(graph.tags).toEqual(['serve']);
  const { inputs: taken, outputs } = graph.signatureDefs.serving_default;
  expect(taken.image).toMatchObject({ dtype: 'float32', tfDtype: 'DT_FLOAT' });
  expect(Object.keys(outputs).sort()).toEqual(['logits', 'refined/probabilities']);

  const model = await node.loadSavedModel(path, ['serve'], 'serving_default');
  const image = tf.randomNormal([2, 600], 0, 1, 'float32', 2) as tf.Tensor2D;
  const found = model.predict({ image });
  const expected = fn({ image });
  const close = (a: tf.Tensor, b: tf.Tensor) =>
    expect(tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]).toBeLessThan(1e-4);
  close(found.logits, expected.logits);
  close(found['refined/probabilities'], expected.refined.probabilities);
  model.dispose();
});

test('the same function gives the same file', () => {
  const read = (name: string) => readFileSync(join(directory, name, 'saved_model.pb'));
  for (const name of ['a', 'b']) saveModel(join(directory, name), fn, { inputs });
  expect(read('a').equals(read('b'))).toBe(true);
});

test('what compile embeds at most does not bound a saved model', () => {
  expect(() =>
    compile(({ image }: { image: tf.Tensor2D }) => tf.matMul(image, tf.clone(weight)), { inputs }),
  ).not.toThrow();
  expect(() => saveModel(join(directory, 'none'), () => [], { inputs })).toThrow(/no tensor/);
});
