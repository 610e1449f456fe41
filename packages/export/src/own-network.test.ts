import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { NoListOfLayers } from '@atelier/model';
import { loadTensorFlow } from '@atelier/tensorflow';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attention, ownNetwork } from './fixtures/own-network.ts';
import {
  expected,
  largestDifference,
  pixelsOf,
  pythonWith,
  readBy,
  writeFiles,
} from './fixtures/read-export.ts';
import { exportedModel, formats, type TrainedModel } from './index.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));
const directory = mkdtempSync(join(tmpdir(), 'own-network-'));
afterAll(() => rmSync(directory, { recursive: true }));

const { shape } = attention;

/** A bit of everything else: each part gives some features of each image. */
const everything = ownNetwork(
  `const p = given.parameters;
  const images = layers.images(x, image);
  const flat = (t) => tf.reshape(tf.cast(t, 'float32'), [x.shape[0], -1]);
  const rows = tf.matMul(x, p.rows);
  const positive = tf.add(tf.abs(rows), 0.1);
  const small = tf.mul(tf.tanh(rows), 0.9);
  const convolved = tf.conv2d(images, p.filter, 2, 'same');
  const parts = [
    tf.elu(rows), tf.selu(rows), tf.relu6(rows), tf.leakyRelu(rows), tf.softplus(rows), tf.sigmoid(rows),
    tf.sin(rows), tf.cos(rows), tf.asin(small), tf.atan(rows), tf.sinh(small), tf.cosh(small), tf.atanh(small),
    tf.exp(small), tf.expm1(small), tf.log(positive), tf.log1p(positive), tf.sqrt(positive),
    tf.square(rows), tf.pow(positive, 1.5), tf.reciprocal(positive), tf.neg(rows), tf.sign(rows),
    tf.floor(rows), tf.ceil(rows), tf.round(tf.mul(rows, 3)), tf.step(rows), tf.prelu(rows, tf.scalar(0.3)),
    tf.div(rows, positive), tf.divNoNan(rows, tf.relu(rows)), tf.floorDiv(rows, positive), tf.mod(rows, 0.7),
    tf.maximum(rows, 0.2), tf.minimum(rows, small), tf.clipByValue(rows, -0.5, 0.5),
    tf.addN([rows, small, positive]), tf.greater(rows, 0), tf.lessEqual(rows, small), tf.equal(rows, rows),
    tf.notEqual(rows, small), tf.where(tf.less(rows, 0), rows, small),
    tf.logicalAnd(tf.greater(rows, 0), tf.logicalNot(tf.greaterEqual(rows, 1))), tf.isFinite(rows),
    tf.logSoftmax(rows), tf.cumsum(rows, 1), tf.cumsum(rows, 1, true, true), tf.reverse(rows, 1),
    tf.sum(rows, 1), tf.max(rows, 1, true), tf.min(rows, -1), tf.prod(small, 1), tf.norm(rows, 2, 1),
    tf.any(tf.greater(rows, 1), 1), tf.all(tf.less(rows, 2), 1), tf.oneHot(tf.argMax(rows, 1), 8),
    tf.argMin(rows, 1), tf.gather(rows, tf.tensor1d([2, 0, 0], 'int32'), 1), tf.tile(rows, [1, 2]),
    tf.stack(tf.unstack(rows, 1), 1), tf.concat(tf.split(rows, [3, 5], 1).reverse(), 1),
    tf.pad(rows, [[0, 0], [1, 2]], 0.5), tf.mirrorPad(rows, [[0, 0], [2, 1]], 'reflect'),
    tf.mul(rows, tf.cast(tf.range(0, 8, 1, 'int32'), 'float32')), tf.onesLike(rows), tf.zerosLike(rows),
    tf.slice(rows, [0, 2], [-1, 3]), tf.stridedSlice(rows, [0, 7], [0, 0], [1, -2], 1, 3),
    convolved, tf.conv2d(images, p.filter, 1, [[0, 0], [1, 0], [0, 2], [0, 0]]),
    tf.conv2d(images, p.filter, 1, 'same', 'NHWC', 2), tf.depthwiseConv2d(images, p.depthwise, 2, 'same'),
    ...[[5, 9, 'same'], [6, 10, 'same'], [14, 20, 'valid']].map(([h, w, pad], i) =>
      tf.conv2dTranspose(convolved, p.filter, [x.shape[0], h, w, 3], i < 2 ? 2 : [5, 4], pad)),
    tf.maxPool(images, 3, 2, 'same'), tf.avgPool(images, [2, 3], 2, 'same'), tf.avgPool(images, 2, 1, 'valid'),
    tf.batchNorm(convolved, p.mean, tf.square(p.variance), p.shift, p.scale),
    tf.depthToSpace(tf.pad(images, [[0, 0], [0, 0], [0, 0], [0, 1]]), 2),
    tf.localResponseNormalization(images, 1, 2, 0.3, 0.6), tf.topk(rows, 3).values, tf.topk(rows, 3).indices,
    tf.image.resizeBilinear(images, [4, 13]), tf.image.resizeBilinear(images, [7, 5], true),
    tf.image.resizeBilinear(images, [11, 8], false, true), tf.image.resizeNearestNeighbor(images, [4, 13]),
    tf.image.resizeNearestNeighbor(images, [13, 5], true),
    tf.image.resizeNearestNeighbor(images, [4, 13], false, true),
    tf.transpose(images, [0, 3, 1, 2]), tf.concat([rows, tf.tile(tf.ones([1, 2]), [x.shape[0], 1])], 1), tf.squeeze(tf.mean(images, [1, 2], true), [1, 2]),
  ];
  const features = tf.tanh(tf.concat(parts.map(flat), 1));
  return tf.matMul(features, tf.slice(p.head, [0, 0], [features.shape[1], 3]));`,
  {
    ...{ rows: [162, 8], filter: [3, 2, 3, 4], depthwise: [3, 3, 3, 2], head: [5000, 3] },
    ...{ mean: [4], variance: [4], shift: [4], scale: [4] },
  },
  shape,
);

const networks: Record<string, TrainedModel> = { attention, everything };
const tracing = ['savedmodel', 'onnx', 'tfjs'] as const;

const encodeTraced = (format: (typeof tracing)[number], model: TrainedModel) =>
  formats[format].encodeTraced!(model);

const cases = Object.keys(networks).flatMap((name) => tracing.map((it) => [name, it] as const));
const onnxModels: string[] = [];

test.each(cases)('%s, computed with tensors, as %s is what tfjs says', async (name, format) => {
  const model = networks[name]!;
  expect(() => exportedModel(model)).toThrow(NoListOfLayers);
  const path = writeFiles(directory, format, await encodeTraced(format, model));
  if (format === 'onnx') onnxModels.push(path);
  const pixels = pixelsOf(model.shape, 9);
  const wanted = expected(model, pixels);
  const found = await readBy(format, model, path, pixels);
  expect(largestDifference(found, wanted)).toBeLessThan(1e-5);
  expect(Math.max(...wanted) - Math.min(...wanted)).toBeGreaterThan(0.05);
});

const python = pythonWith('onnx', readEnvironment());
test.skipIf(!python)('onnx.checker finds nothing wrong with them', () => {
  const script = `import sys, onnx
for path in sys.argv[1:]: onnx.checker.check_model(path, full_check=True)
print(len(sys.argv) - 1)`;
  const said = execFileSync(python!, ['-c', script, ...onnxModels]);
  expect(said.toString().trim()).toBe('2');
});

/** x and w, of which a line of its own computes another matrix. */
const withLine = (line: string): TrainedModel =>
  ownNetwork(
    `let h = tf.matMul(x, given.parameters.w);
    ${line}
    return h;`,
    { w: [162, 3] },
    shape,
  );

test.each([
  [
    'onnx',
    "h = tf.slice(tf.mirrorPad(h, [[0, 0], [1, 1]], 'symmetric'), [0, 1], [-1, 3]);",
    /as ONNX, which has no form of TensorFlow's MirrorPad, which repeats the border/,
  ],
  [
    'onnx',
    'h = graph.forLoop({ from: 0, steps: 2, state: h, step: tf.tanh });',
    /no form of TensorFlow's (Stateless)?While/,
  ],
  [
    'tfjs',
    "h = tf.unsortedSegmentSum(h.transpose(), tf.tensor1d([0, 1, 2], 'int32'), 3).transpose();",
    /as a graph model of TensorFlow.js, which has no form of TensorFlow's UnsortedSegmentSum/,
  ],
] as const)('%s refuses an operation with its line', async (format, line, what) => {
  const { numTensors } = memory();
  await expect(encodeTraced(format, withLine(line))).rejects.toMatchObject({
    name: 'UserError',
    failure: {
      what: expect.stringMatching(what),
      where: expect.stringMatching(/^own\.ts:4:/),
      remedy: expect.stringContaining('--format savedmodel'),
    },
  });
  expect(memory().numTensors).toBe(numTensors);
});

test.each(tracing)(
  'a network that is another one for every number of images is no %s, which names the operation',
  async (format) => {
    const model = withLine('h = h.mul(x.shape[0]);');
    const { numTensors } = memory();
    await expect(encodeTraced(format, model)).rejects.toMatchObject({
      name: 'UserError',
      failure: {
        what: expect.stringContaining('any number'),
        found: expect.stringContaining('Mul'),
      },
    });
    expect(memory().numTensors).toBe(numTensors);
  },
);

test('a SavedModel of it is whole', async () => {
  expect(Object.keys(await encodeTraced('savedmodel', withLine('')))).toEqual([
    'saved_model.pb',
    'assets.extra/graph.json',
    'assets.extra/classes.json',
    'assets.extra/origin.json',
  ]);
});

test('tensors that are made of layers alone are found out, too', () => {
  const source = ownNetwork(
    "return tf.softplus(layers.linear(x, 'head'));",
    { 'head.weight': [162, 3] },
    shape,
  );
  expect(() => exportedModel(source)).toThrow(NoListOfLayers);
});
