import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { networkFor } from '@atelier/model';
import { networkOptionsSchema } from '@atelier/model/network';
import { loadTensorFlow } from '@atelier/tensorflow';
import { memory } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { DeviceTraining } from './device-training.ts';
import type { EpochRecord } from './epoch-record.ts';
import { smallTraining } from './fixtures/small-training.ts';
import { bufferLayout, initialState } from './parameter-buffer.ts';
import { type TrainingOptions, train } from './train.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Trains and returns the digest of every epoch's checkpoint with what it recorded. */
async function outcome(options: TrainingOptions) {
  const digests: string[] = [];
  const checkpoints: Uint8Array[] = [];
  const records = await train({
    ...options,
    onEpoch: async (record, checkpoint) => {
      await options.onEpoch(record, checkpoint);
      const bytes = encodeCheckpoint(checkpoint);
      checkpoints.push(bytes);
      digests.push(digest(bytes));
    },
  });
  return { digests, checkpoints, records: records.map(({ seconds: _, ...record }) => record) };
}

const eager = (recipe: object = {}, options: Partial<TrainingOptions> = {}) =>
  smallTraining({ engine: 'eager', ...recipe }, options);

/** Losses and gradient norms of the first steps, one in a call. */
async function singleSteps(options: TrainingOptions, steps: number) {
  const { data, network, recipe, seed } = options;
  const { shape, normalisation } = data;
  const layout = bufferLayout(network);
  const device = new DeviceTraining(
    { network, recipe, layout, normalisation, image: shape },
    seed,
    data,
    initialState(network, layout, seed),
  );
  const found: { loss: number; gradientNorm: number }[] = [];
  for (let step = 0; step < steps; step++) {
    // An epoch begins with nothing summed, so that the sums are those of one step.
    const epoch = 1 + Math.floor(step / device.stepsPerEpoch);
    device.beginEpoch(epoch, recipe.learningRate);
    await device.train(step % device.stepsPerEpoch, 1);
    const { loss, gradientNorm } = await device.sums();
    found.push({ loss, gradientNorm });
  }
  device.dispose();
  return found;
}

test('training learns', async () => {
  const { records } = await outcome(
    // A flip would move the bright quarter, and so change the class.
    smallTraining({ epochs: 8, learningRate: 1e-2, augmentation: { flip: 0 } }),
  );
  expect(records.at(-1)!.validationAccuracy).toBeGreaterThan(0.9);
  expect(records.at(-1)!.validationLoss).toBeLessThan(records[0]!.validationLoss);
  expect(records.map(({ step }) => step)).toEqual(records.map((_, i) => 11 * (i + 1)));
});

describe('compiled', () => {
  /** Every augmentation, as gently as images of 8 x 8 pixels bear it. */
  const augmentation = {
    ...{ flip: 0.1, translate: 0.05, scale: 0.1, rotate: 8, crop: 1, interpolation: 'bilinear' },
    ...{ brightness: 0.1, contrast: 0.1, erase: 0.2, mixup: 0.2, cutmix: 0.2 },
  };
  const everything = { epochs: 4, augmentation, sampling: 'balanced' };
  let whole: Awaited<ReturnType<typeof outcome>>;
  beforeAll(async () => {
    whole = await outcome(smallTraining(everything));
  });

  test('resumed training gives the bits of training that was never stopped', async () => {
    const resume = decodeCheckpoint(whole.checkpoints[1]!, 'memory');
    // A clock by which every call takes long makes every chunk a single step.
    let clock = 0;
    const now = () => (clock += 10_000);
    const rest = await outcome(smallTraining(everything, { resume, now }));
    expect(rest.digests).toEqual(whole.digests.slice(2));
    expect(rest.records).toEqual(whole.records.slice(2));
  });

  test('it agrees with eager training over 44 steps', async () => {
    const { records } = await outcome(eager(everything));
    for (const [i, record] of records.entries())
      for (const key of ['trainLoss', 'validationLoss', 'gradientNorm'] as const)
        expect(Math.abs(whole.records[i]![key] / record[key] - 1), key).toBeLessThan(1e-4);
  });

  test('it agrees with eager training in each of 20 steps', async () => {
    const expected = await singleSteps(eager(), 20);
    const found = await singleSteps(smallTraining({}), 20);
    for (const [i, { loss, gradientNorm }] of found.entries()) {
      expect(Math.abs(loss / expected[i]!.loss - 1), `loss ${i}`).toBeLessThan(1e-4);
      expect(Math.abs(gradientNorm / expected[i]!.gradientNorm - 1), `norm ${i}`).toBeLessThan(
        1e-4,
      );
    }
  });

  test('its gradient is the eager one, with bilinear sampling too', async () => {
    const augmentation = { translate: 0.1, scale: 0.1, interpolation: 'bilinear' };
    const recipe = { epochs: 1, batchSize: 330, augmentation };
    // After one step from zero the first moment is a tenth of the gradient.
    const momentAfter = async (engine: string) => {
      const { checkpoints } = await outcome(smallTraining({ ...recipe, engine }));
      return decodeCheckpoint(checkpoints[0]!, 'memory').state.firstMoment;
    };
    const [first, second] = [await momentAfter('eager'), await momentAfter('compiled')];
    expect(Math.max(...first.map(Math.abs))).toBeGreaterThan(1e-3);
    expect(Math.max(...first.map((m, i) => Math.abs(m - second[i]!)))).toBeLessThan(1e-6);
  });
});

test('a cnn goes on after a kill, or from an adopted epoch, with the same bits', async () => {
  const image = { height: 8, width: 8, channels: 1 };
  const options = { architecture: 'cnn', filters: [6, 8], activation: 'relu' };
  const network = networkFor(networkOptionsSchema.parse(options), image, 4);
  const recipe = { learningRate: 5e-3, augmentation: { flip: 0 } };
  const whole = await outcome(smallTraining(recipe, { network }));
  const [first, , last] = whole.records;
  expect(last!.trainLoss).toBeLessThan(0.9 * first!.trainLoss);
  const resume = decodeCheckpoint(whole.checkpoints[0]!, 'memory');
  // A clock by which every call takes long makes every chunk a single step.
  let clock = 0;
  const now = () => (clock += 10_000);
  const rest = await outcome(smallTraining(recipe, { network, resume, now }));
  expect(rest.digests).toEqual(whole.digests.slice(1));
  expect(rest.records).toEqual(whole.records.slice(1));
});

test('the same seed gives the same bits, another seed others', async () => {
  const first = await outcome(eager({ epochs: 1 }));
  expect(await outcome(eager({ epochs: 1 }))).toEqual(first);
  const other = await outcome(eager({ epochs: 1 }, { seed: 8 }));
  expect(other.digests[0]).not.toBe(first.digests[0]);
});

test('resumed eager training gives the same bits, from any epoch', async () => {
  const whole = await outcome(eager({ epochs: 3 }));
  for (const stopped of [1, 2]) {
    const resume = decodeCheckpoint(whole.checkpoints[stopped - 1]!, 'memory');
    const rest = await outcome(eager({ epochs: 3 }, { resume }));
    expect(rest.digests).toEqual(whole.digests.slice(stopped));
    expect(rest.records).toEqual(whole.records.slice(stopped));
  }
});

test('progress is told more often where steps take long, and changes no bit', async () => {
  const calls = { quick: 0, slow: 0 };
  const onProgress = () => (calls.quick += 1);
  const whole = await outcome(eager({ epochs: 2 }, { now: () => 0, onProgress }));
  let clock = 0;
  const now = () => (clock += 10_000);
  const single = await outcome(eager({ epochs: 2 }, { now, onProgress: () => (calls.slow += 1) }));
  expect(calls.quick).toBeLessThan(5);
  expect(calls.slow).toBeGreaterThan(12);
  expect(single.digests).toEqual(whole.digests);
});

test.each(['eager', 'compiled'])('tensors do not accumulate, %s', async (engine) => {
  const before = memory().numTensors;
  const counts: number[] = [];
  const onEpoch = () => void counts.push(memory().numTensors);
  await train(smallTraining({ engine, epochs: 4 }, { onEpoch }));
  expect(new Set(counts).size).toBe(1);
  expect(memory().numTensors).toBe(before);
});

test('a loss that is not finite ends training and says where', async () => {
  const { checkpoints } = await outcome(eager({ epochs: 1 }));
  const resume = decodeCheckpoint(checkpoints[0]!, 'memory');
  resume.state.parameters.fill(Number.NaN, 0, 1);
  await expect(train(eager({ epochs: 2 }, { resume }))).rejects.toMatchObject({
    name: 'UserError',
    failure: { where: 'epoch 2, step 1' },
  });
});

describe('what the steps of an epoch do not see', () => {
  /** Training ends with this error, and no epoch is handed over before. */
  async function expectDivergence(
    options: TrainingOptions,
    quantity: string,
    failure: { where: string; found: string },
  ): Promise<void> {
    const epochs: number[] = [];
    const onEpoch = ({ epoch }: EpochRecord) => void epochs.push(epoch);
    const error = await train({ ...options, onEpoch }).catch((error: unknown) => error);
    const message = expect.stringContaining(quantity);
    expect({ epochs, error }).toMatchObject({
      epochs: [],
      error: { name: 'UserError', message, failure },
    });
  }

  test('parameters that its last update breaks end training before it is handed over', async () => {
    const options = eager({ epochs: 1, batchSize: 330 });
    const recipe = { ...options.recipe, weightDecay: 1e30 };
    const quantity = 'the validation loss is not a finite number';
    await expectDivergence({ ...options, recipe }, quantity, { where: 'epoch 1', found: 'NaN' });
  });

  test('an infinite running variance, which no metric shows, ends training, too', async () => {
    const options = eager({ epochs: 3 });
    const { checkpoints } = await outcome({ ...options, recipe: { ...options.recipe, epochs: 1 } });
    const resume = decodeCheckpoint(checkpoints[0]!, 'memory');
    const { running } = bufferLayout(options.network);
    const { offset } = running.find(({ name }) => name === 'bn1.running_var')!;
    resume.state.running[offset] = Number.POSITIVE_INFINITY;
    const failure = { where: 'epoch 2', found: 'Infinity' };
    await expectDivergence({ ...options, resume }, 'a running statistic', failure);
  });
});

test('batch sizes that the data cannot fill are refused', async () => {
  await expect(train(eager({ batchSize: 331 }))).rejects.toThrow(/at most 330/);
  // 330 = 7 * 47 + 1
  await expect(train(eager({ batchSize: 47 }))).rejects.toThrow(
    /one image of 330 for the last batch/,
  );
});

test('cancelling ends training at the next call', async () => {
  const controller = new AbortController();
  const epochs: number[] = [];
  const onEpoch = ({ epoch }: EpochRecord) => {
    epochs.push(epoch);
    if (epoch === 2) controller.abort(new Error('enough'));
  };
  const options = eager({ epochs: 9 }, { signal: controller.signal, onEpoch });
  await expect(train(options)).rejects.toThrow('enough');
  expect(epochs).toEqual([1, 2]);
});

test('a cancellation that arrives between two calls of an epoch ends it there', async () => {
  const controller = new AbortController();
  let clock = 0;
  const told: number[] = [];
  const options = eager(
    { epochs: 1 },
    {
      signal: controller.signal,
      now: () => (clock += 10_000),
      onProgress: async ({ step }) => {
        told.push(step);
        await turn();
        if (step === 9) controller.abort(new Error('enough'));
      },
    },
  );
  await expect(train(options)).rejects.toThrow('enough');
  expect(told).toEqual([8, 9]);
});
