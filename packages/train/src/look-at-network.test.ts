import { loadTensorFlow } from '@atelier/tensorflow';
import { beforeAll, expect, test } from 'vitest';
import { lookAtNetwork } from './look-at-network.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));

const whole = `
const { z } = require('zod');
const tf = require('@tensorflow/tfjs-core');
exports.options = z.strictObject({ width: z.int().min(1).default(4) });
exports.tensors = ({ image, classes, options: { width } }) => [
  { name: 'conv.weight', shape: [3, 3, image.channels, width] },
  { batchNorm: 'norm', features: width },
  { name: 'head.weight', shape: [width, classes], decays: false },
];
exports.forward = (x, { parameters, batchNorm, layers, image, training }) => {
  const h = tf.conv2d(layers.images(x, image), parameters['conv.weight'], 2, 'same');
  const kept = layers.dropout(tf.mean(tf.relu(batchNorm(h, 'norm')), [1, 2]), 0.5, 1);
  return tf.matMul(kept, parameters['head.weight']);
};`;

const look = (source: string, options = {}) =>
  lookAtNetwork({
    ...{ name: 'mine.ts', source, options, classes: 3 },
    image: { height: 6, width: 8, channels: 2 },
  });

test('a module is what it says of itself; its products are counted', async () => {
  const found = await look(whole, { width: 5 });
  expect(found).toMatchObject({
    ...{ architecture: 'module', name: 'mine.ts', options: { width: 5 } },
    for: { classes: 3, image: { height: 6, width: 8, channels: 2 } },
    multiplyAdds: 3 * 4 * 5 * (3 * 3 * 2) + 5 * 3,
  });
  expect(found.tensors).toHaveLength(6);
  expect(found.tensors[0]).toEqual({
    ...{ name: 'conv.weight', shape: [3, 3, 2, 5], role: 'weight', layer: 'conv', fanIn: 18 },
    decays: true,
  });
  expect(found.tensors.map(({ role }) => role).slice(1, 5)).toEqual([
    ...['scale', 'shift', 'runningMean', 'runningVariance'],
  ]);
  expect((await look(whole)).module).toEqual(found.module);
});

const head = "parameters['head.weight'])";

test.each([
  [
    'misses its forward',
    whole.replace('exports.forward', 'const forward'),
    /no function forward[\s\S]*exports options, tensors/,
  ],
  ['throws', whole.replace(head, "parameters['tail'].x)"), /module fails: Cannot read/],
  [
    'gives other shapes',
    whole.replace('[width, classes]', '[width, 4]'),
    /no logits[\s\S]*\[3, 3\][\s\S]*\[3, 4\]/,
  ],
  ['gives no tensor', whole.replace('return tf', 'return; tf'), /no logits/],
  [
    'reads a value',
    whole.replace('const kept', 'h.dataSync(); const kept'),
    /values are read while tracing/,
  ],
  [
    'awaits a value',
    whole.replace('const kept', 'h.data(); const kept'),
    /values are read while tracing/,
  ],
  [
    'draws without a key',
    whole.replace('const kept', 'tf.randomUniform([1]); const kept'),
    /random/i,
  ],
  [
    'drops without a key',
    whole.replace('layers.dropout(', 'tf.dropout(').replace('0.5, 1)', '0.5)'),
    /random|dropout/i,
  ],
  [
    'draws by Math.random',
    whole.replace('const kept', 'Math.random(); const kept'),
    /no seed decides[\s\S]*Math\.random in mine\.ts/,
  ],
  [
    'draws when it is loaded',
    `const noise = require('@tensorflow/tfjs-core').randomUniform([3]);${whole.replace(head, `${head}.mul(noise)`)}`,
    /something else each time[\s\S]*layers\.dropout/,
  ],
  [
    'draws for training alone',
    whole.replace(
      head,
      `${head}.add(training ? crypto.getRandomValues(new Uint32Array(1))[0] : 0)`,
    ),
    /something else each time that it is loaded, in training/,
  ],
  ['looks at a clock', whole.replace(head, `${head}.add(performance.now())`), /else each time/],
  [
    'counts its calls',
    `let calls = 0;${whole.replace(head, `${head}.add(calls++)`)}`,
    /something else each time/,
  ],
  [
    'imports another package',
    `require('lodash');${whole}`,
    /imports lodash[\s\S]*@tensorflow\/tfjs-core/,
  ],
  [
    'names a tensor twice',
    whole.replace("'head.weight', sh", "'norm.bias', sh"),
    /Two tensors have one name[\s\S]*norm\.bias/,
  ],
  [
    'is larger than what can be held',
    whole.replace('[width, classes]', '[100000, 100000]'),
    /too large for a checkpoint[\s\S]*found: 1000000\d{4}/,
  ],
  [
    'drops at one place as at another',
    whole
      .replace('0.5, 1)', '0.5, 2)')
      .replace('return tf', 'layers.dropout(x, 0.5, 2); return tf'),
    /place of its own[\s\S]*site 2/,
  ],
  ['drops at no place', whole.replace('0.5, 1)', '0.5)'), /place of its own[\s\S]*site nothing/],
  ['drops as augmentation draws', whole.replace('0.5, 1)', '0.5, 0)'), /site 0/],
  ['drops everything', whole.replace('0.5, 1)', '1, 1)'), /no usable rate[\s\S]*found: 1/],
  [
    'names a tensor as the optimizer does',
    whole.replaceAll('head.weight', 'adamw.m.head'),
    /need for something else[\s\S]*found: adamw\.m\.head/,
  ],
  [
    'names a tensor as the number of steps',
    whole.replaceAll('head.weight', 'step'),
    /need for something else[\s\S]*found: step/,
  ],
  [
    'names a tensor as no record can',
    whole.replaceAll('head.weight', '__proto__'),
    /need for something else[\s\S]*found: __proto__/,
  ],
  [
    'names more tensors than a start can carry',
    whole.replace(
      '  { name:',
      "  ...Array.from({ length: 4_000 }, (_, i) => ({ name: 'b' + i, shape: [1] })),\n  { name:",
    ),
    /says too much of itself/,
  ],
  [
    'names a BatchNorm by what is no name',
    whole.replaceAll("'norm'", "'a norm'"),
    /A tensor of the network is not usable[\s\S]*entry 2/,
  ],
  [
    'has a tensor of no shape',
    whole.replace('[width, classes]', '[]'),
    /A tensor of the network is not usable[\s\S]*entry 3/,
  ],
  [
    'has a tensor that nothing depends on',
    whole.replace('];\nexports.forward', "{ name: 'b', shape: [2] }];\nexports.forward"),
    /no logit depends on/,
  ],
  [
    'has a BatchNorm that is not computed',
    whole.replace("batchNorm(h, 'norm')", 'h'),
    /never measured[\s\S]*norm\.running_mean/,
  ],
  [
    'has options of no schema',
    whole.replace('exports.options =', 'exports.options = 3;'),
    /no schema/,
  ],
])('one that %s is refused, and it is said why', async (_, source, message) => {
  await expect(look(source)).rejects.toMatchObject({
    ...{ name: 'UserError', message: expect.stringMatching(message) },
  });
});

test('options are those of its schema', async () => {
  await expect(look(whole, { width: 0 })).rejects.toThrow(/this option: width[\s\S]*found: 0/);
  await expect(look(whole, { depth: 2 })).rejects.toThrow(
    /cannot have this option[\s\S]*expected: width\n[\s\S]*depth/,
  );
});
