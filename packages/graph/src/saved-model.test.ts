import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { compile, forLoop, GraphError, loadModel, saveModel } from './index.ts';

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
  expect(readdirSync(path).sort()).toEqual(['assets.extra', 'saved_model.pb', 'variables']);
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

const differenceOf = (a: tf.Tensor, b: tf.Tensor) =>
  tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);

test('a saved function comes back with its trees and types, and leaves nothing behind', () => {
  const path = join(directory, 'loaded');
  saveModel(path, fn, { inputs });
  const before = tf.memory().numTensors;
  const model = loadModel<typeof fn>(path);
  expect(model.inputs).toEqual(inputs);
  tf.tidy(() => {
    const image = tf.randomNormal([2, 600], 0, 1, 'float32', 3) as tf.Tensor2D;
    const [found, expected] = [model.call({ image }), fn({ image })];
    expect(differenceOf(found.logits, expected.logits)).toBeLessThan(1e-4);
    const { probabilities } = found.refined;
    expect(differenceOf(probabilities, expected.refined.probabilities)).toBeLessThan(1e-5);
    expect(() => model.call({ image: tf.zeros([3, 600]) })).toThrow(/float32 \[3, 600\], but/);
  });
  model.dispose();
  expect(() => model.call({ image: weight })).toThrow(/after dispose/);
  expect(tf.memory().numTensors).toBe(before);
  expect(() => loadModel(directory)).toThrow(/holds no model that saveModel.* is missing/);
  for (const [text, problem] of [
    ['{', /cannot be read/],
    ['null', /names no inputs/],
  ] as const) {
    writeFileSync(join(path, 'assets.extra', 'graph.json'), text);
    expect(() => loadModel(path)).toThrow(problem);
  }
});

const network = (x: tf.Tensor4D) => {
  const maps = tf.maxPool(tf.relu(tf.conv2d(x, tf.ones([3, 3, 1, 2]), 1, 'same')), 2, 2, 'valid');
  const flat = tf.reshape(maps, [x.shape[0], 32]) as tf.Tensor2D;
  return { classes: tf.softmax(tf.matMul(flat, tf.reshape(tf.div(tf.range(0, 96), 96), [32, 3]))) };
};

test('a model of any batch takes every size, here and with the loader of TensorFlow', async () => {
  const path = join(directory, 'any-batch');
  const spec = { shape: [1, 8, 8, 1], dtype: 'float32' } as const;
  saveModel(path, network, { inputs: spec, dynamicBatch: true });
  const model = loadModel<typeof network>(path);
  expect(model.inputs).toEqual({ shape: [-1, 8, 8, 1], dtype: 'float32' });
  const opened = await node.loadSavedModel(path, ['serve'], 'serving_default');
  for (const size of [1, 5, 7]) {
    const x = tf.randomNormal([size, 8, 8, 1], 0, 0.1, 'float32', size) as tf.Tensor4D;
    const { classes } = network(x);
    expect(classes.shape).toEqual([size, 3]);
    expect(differenceOf(model.call(x).classes, classes)).toBeLessThan(1e-5);
    expect(differenceOf(opened.predict({ input: x }).classes, classes)).toBeLessThan(1e-5);
  }
  model.dispose();
  opened.dispose();
});

test('a reshape may name the size of a batch and leave another number to be found', () => {
  const path = join(directory, 'reshaped');
  // One constant is the shape for both, in which -1 stands for 12 and for 24.
  const flat = (x: tf.Tensor3D) => [
    tf.reshape(x, [x.shape[0], -1]),
    tf.reshape(tf.concat([x, x]), [x.shape[0], -1]),
  ];
  saveModel(path, flat, { inputs: { shape: [1, 3, 4], dtype: 'float32' }, dynamicBatch: true });
  const model = loadModel<typeof flat>(path);
  const shapes = model.call(tf.ones([5, 3, 4])).map(({ shape }) => shape);
  expect(shapes).toEqual([
    [5, 12],
    [5, 24],
  ]);
  model.dispose();
});

test('a slice, a tile and a constant of one value may have the size of a batch', () => {
  const path = join(directory, 'sized');
  const sized = (x: tf.Tensor3D) => {
    const n = x.shape[0];
    const row = tf.tile(tf.tensor([[[1, 2, 3, 4]]]), [n, 1, 1]);
    return {
      sliced: tf.slice(x, [0, 1, 0], [-1, 1, 3]),
      extended: tf.concat([row, x, tf.zeros([n, 1, 4])], 1),
      signs: tf.step(x),
      doubled: tf.ones([2 * n]),
    };
  };
  saveModel(path, sized, { inputs: { shape: [1, 3, 4], dtype: 'float32' }, dynamicBatch: true });
  const model = loadModel<typeof sized>(path);
  for (const n of [1, 5]) {
    const x = tf.randomNormal([n, 3, 4], 0, 1, 'float32', n) as tf.Tensor3D;
    const [found, wanted] = [model.call(x), sized(x)];
    for (const name of ['sliced', 'extended', 'signs', 'doubled'] as const) {
      expect(found[name].shape).toEqual(wanted[name].shape);
      expect(found[name].dataSync()).toEqual(wanted[name].dataSync());
    }
  }
  model.dispose();
});

test('what depends on the size of a batch is not saved for any', () => {
  const save = (of: (x: tf.Tensor2D) => tf.Tensor) =>
    saveModel(join(directory, 'refused'), of, {
      inputs: { shape: [4, 6], dtype: 'float32' },
      dynamicBatch: true,
    });
  const raises = (of: (x: tf.Tensor2D) => tf.Tensor) => expect(() => save(of));
  raises((x) => tf.mul(x, x.shape[0])).toThrow(/Mul depends on the size/);
  raises((x) => tf.mul(tf.range(0, x.shape[0]), 2)).toThrow(/Range depends on the size/);
  raises((x) => tf.addN(tf.unstack(x))).toThrow(/depends on the size/);
  raises((x) => tf.tile(x, [1, x.shape[0] + 1])).toThrow(/Tile depends/);
  raises((x) =>
    tf.pad(x, [
      [0, x.shape[0]],
      [0, 0],
    ]),
  ).toThrow(/PadV2 depends/);
});

test('a folder that cannot be made is named', () => {
  const file = join(directory, 'a file');
  writeFileSync(file, '');
  const path = join(file, 'model');
  const save = () => saveModel(path, tf.square, { inputs: tf.scalar(1) });
  expect(save).toThrow(GraphError);
  expect(save).toThrow(/cannot be written to .*a file\/model: ENOTDIR[\s\S]*what to do/);
});
