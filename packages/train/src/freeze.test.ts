import { networkFor } from '@atelier/model';
import { networkOptionsSchema } from '@atelier/model/network';
import { decodeSafetensors } from '@atelier/safetensors';
import { loadTensorFlow } from '@atelier/tensorflow';
import { beforeAll, expect, test } from 'vitest';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { smallTraining } from './fixtures/small-training.ts';
import { frozenTensors } from './freeze.ts';
import { matchTensors, takenTensors } from './initialise.ts';
import { type TrainingOptions, train } from './train.ts';

const image = { height: 8, width: 8, channels: 1 };
const options = networkOptionsSchema.parse({
  ...{ architecture: 'cnn', filters: [6, 8], activation: 'relu', dropout: 0 },
});
const networkOf = (classes: number) => networkFor(options, image, classes);
const network = networkOf(4);

/** A model that has learnt other classes. */
let donor: ReturnType<typeof decodeSafetensors>['tensors'];

async function outcome(options: TrainingOptions) {
  const files: Uint8Array[] = [];
  const onEpoch = (_: unknown, checkpoint: Checkpoint) =>
    void files.push(encodeCheckpoint(checkpoint));
  const records = await train({ ...options, onEpoch });
  return { files, records: records.map(({ seconds: _, ...record }) => record) };
}

const eager = (recipe: object, options: Partial<TrainingOptions>) =>
  smallTraining({ engine: 'eager', ...recipe }, options);

const tensorsOf = (file: Uint8Array) => decodeSafetensors(file, 'memory').tensors;

beforeAll(async () => {
  loadTensorFlow({ threads: 1 });
  const { files } = await outcome(eager({ epochs: 1 }, { network: networkOf(6) }));
  donor = tensorsOf(files[0]!);
});

test('tensors of one name and shape are taken, the head is made anew, the rest is named', () => {
  const { extra: _, ...others } = { ...donor, extra: donor['head.bias']! };
  const match = matchTensors(network, { ...others, extra: donor['head.bias']! }, 'a file');
  expect(match.taken).toHaveLength(12);
  expect(match.taken).toContain('bn2.running_var');
  expect(match.anew).toEqual([
    { name: 'head.weight', shape: [8, 4], found: [8, 6] },
    { name: 'head.bias', shape: [4], found: [6] },
  ]);
  expect(match.unused).toEqual(['extra']);
  expect(() => matchTensors(network, { 'fc.weight': donor['head.weight']! }, 'a file')).toThrow(
    /Nothing of this model fits[\s\S]*conv1\.weight \[3,3,1,6\][\s\S]*fc\.weight \[8,6\]/,
  );
});

test.each([
  ['conv1.weight', Number.NaN, /conv1\.weight[\s\S]*finite numbers[\s\S]*found: NaN/],
  ['bn1.running_mean', Number.POSITIVE_INFINITY, /found: Infinity/],
  ['bn2.running_var', -1, /bn2\.running_var[\s\S]*not below 0[\s\S]*found: -1/],
])('no training begins with a %s of %d', (name, value, message) => {
  const data = Float32Array.from(donor[name]!.data as Float32Array);
  data[0] = value;
  const { shape } = donor[name]!;
  const damaged = { ...donor, [name]: { dtype: 'F32' as const, shape, data } };
  expect(() => takenTensors(network, damaged, 'a file')).toThrow(message);
});

test('a frozen backbone keeps every bit, has no moments, and a resumed training its bits', async () => {
  const initial = takenTensors(network, donor, 'memory');
  const recipe = { epochs: 2, freeze: ['backbone'], learningRate: 1e-2, weightDecay: 0.5 };
  const whole = await outcome(smallTraining(recipe, { network, initial }));
  const tensors = tensorsOf(whole.files.at(-1)!);
  for (const name of Object.keys(initial))
    expect(tensors[name]!.data, name).toEqual(donor[name]!.data);
  expect(tensors['head.weight']!.data).not.toEqual(tensorsOf(whole.files[0]!)['head.weight']!.data);
  const moments = Object.keys(tensors).filter((name) => name.startsWith('adamw.'));
  expect(moments.sort()).toEqual(
    ['m', 'v'].flatMap((moment) =>
      ['bias', 'weight'].map((name) => `adamw.${moment}.head.${name}`),
    ),
  );
  const resume = decodeCheckpoint(whole.files[0]!, 'memory');
  const rest = await outcome(smallTraining(recipe, { network, resume }));
  expect(rest.files).toEqual(whole.files.slice(1));
  expect(rest.records).toEqual(whole.records.slice(1));
});

test('frozen layers train as they infer, on running statistics; the others learn', async () => {
  const initial = takenTensors(network, donor, 'memory');
  const still = { flip: 0, translate: 0, scale: 0 };
  const recipe = {
    ...{ epochs: 1, batchSize: 330, augmentation: still, learningRate: 1e-7 },
    minimumLearningRate: 0,
  };
  const { data } = smallTraining({});
  const onTrain = { network, initial, data: { ...data, validation: data.train } };
  const frozen = await outcome(eager({ ...recipe, freeze: ['backbone'] }, onTrain));
  const [{ trainLoss, validationLoss }] = frozen.records as [(typeof frozen.records)[0]];
  expect(Math.abs(trainLoss / validationLoss - 1)).toBeLessThan(1e-5);
  // Where nothing is frozen, the batch's own statistics give another loss.
  const free = await outcome(eager(recipe, onTrain));
  expect(Math.abs(free.records[0]!.trainLoss / validationLoss - 1)).toBeGreaterThan(1e-3);

  const some = await outcome(eager({ freeze: ['conv1,bn1'], epochs: 1 }, { network, initial }));
  const tensors = tensorsOf(some.files[0]!);
  for (const name of ['conv1.weight', 'bn1.weight', 'bn1.running_mean', 'bn1.running_var'])
    expect(tensors[name]!.data, name).toEqual(donor[name]!.data);
  for (const name of ['conv2.weight', 'bn2.weight', 'bn2.running_mean', 'bn2.running_var'])
    expect(tensors[name]!.data, name).not.toEqual(donor[name]!.data);
});

test('what was frozen is trained on from an adopted epoch, with moments of zero', async () => {
  const recipe = { epochs: 2, freeze: ['backbone'], learningRate: 1e-2 };
  const { files } = await outcome(eager({ ...recipe, epochs: 1 }, { network }));
  const resume = decodeCheckpoint(files[0]!, 'memory');
  const rest = await outcome(eager({ ...recipe, freeze: [] }, { network, resume }));
  const [before, after] = [tensorsOf(files[0]!), tensorsOf(rest.files[0]!)];
  expect(after['adamw.m.conv1.weight']!.data).toHaveLength(54);
  expect(after['conv1.weight']!.data).not.toEqual(before['conv1.weight']!.data);
  expect(after['bn1.running_mean']!.data).not.toEqual(before['bn1.running_mean']!.data);
});

test('names that no tensor has are refused with those that there are', () => {
  expect(frozenTensors(network, ['conv1.weight', 'bn2.running_mean'])).toEqual(
    new Set(['conv1.weight', 'bn2.running_mean', 'bn2.running_var']),
  );
  expect(() => frozenTensors(network, ['conv'])).toThrow(
    /backbone, a layer \(conv1, bn1, conv2, bn2, head\)[\s\S]*found: conv$/m,
  );
  expect(() => frozenTensors(network, ['backbone', 'head'])).toThrow(/nothing to train/);
});
