import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeShardedSplit, encodeSplit, readSplit, type StreamedSplit } from '@atelier/data';
import { loadTensorFlow } from '@atelier/tensorflow';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { type HeldTraining, smallTraining } from './fixtures/small-training.ts';
import type { LabelledImages } from './image-blocks.ts';
import { type TrainingOptions, train } from './train.ts';

let directory: string;
beforeAll(async () => {
  loadTensorFlow({ threads: 1 });
  directory = await mkdtemp(join(tmpdir(), 'shards-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** The same images in shards of 37, read in blocks of three batches of 32. */
async function streamed({ data, ...rest }: HeldTraining): Promise<TrainingOptions> {
  const { shape } = data;
  const inShards = async (name: 'train' | 'validation') => {
    const split = await openShards(data[name], name, shape);
    return { ...split, blockBytes: 3 * 32 * shape.height * shape.width * shape.channels };
  };
  return {
    ...rest,
    data: { ...data, train: await inShards('train'), validation: await inShards('validation') },
  };
}

const each = 37;

async function openShards(
  { images, labels }: LabelledImages,
  name: 'train' | 'validation',
  shape: TrainingOptions['data']['shape'],
): Promise<StreamedSplit> {
  const size = images.length / labels.length;
  const shards: { sha256: string; bytes: number; count: number }[] = [];
  const paths: string[] = [];
  const indices = Int32Array.from(labels, (_, i) => i);
  for (let from = 0; from < labels.length; from += each) {
    const to = Math.min(labels.length, from + each);
    const bytes = encodeSplit({
      ...{ name, shape },
      images: images.slice(from * size, to * size),
      labels: labels.slice(from, to),
      indices: indices.slice(from, to),
    });
    paths.push(join(directory, `${name}-${shape.height}-${from}`));
    await writeFile(paths.at(-1)!, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    shards.push({ sha256, bytes: bytes.length, count: to - from });
  }
  const path = join(directory, `${name}-${shape.height}`);
  await writeFile(path, encodeShardedSplit({ name, shape, labels, indices }, shards));
  return (await readSplit({ path, shards: paths })) as StreamedSplit;
}

async function outcome(options: TrainingOptions) {
  const checkpoints: Buffer[] = [];
  const records = await train({
    ...options,
    onEpoch: (_, checkpoint) => void checkpoints.push(Buffer.from(encodeCheckpoint(checkpoint))),
  });
  for (const split of Object.values(options.data)) await (split as StreamedSplit).close?.();
  return { checkpoints, records: records.map(({ seconds: _, ...record }) => record) };
}

const isSame = (found: Buffer[], expected: Buffer[]): boolean[] =>
  found.map((bytes, i) => bytes.equals(expected[i]!));

test('training on shards gives the bits of training on one file, and leaves no tensor', async () => {
  const recipe = { epochs: 2, augmentation: { translate: 0.1 } };
  const expected = await outcome(smallTraining(recipe));
  const tensors = memory().numTensors;
  const found = await outcome(await streamed(smallTraining(recipe)));
  expect(found.records).toEqual(expected.records);
  expect(isSame(found.checkpoints, expected.checkpoints)).toEqual([true, true]);
  expect(memory().numTensors).toBe(tensors);
});

test('resumed on shards, one step in a call, it gives the bits of training on one file', async () => {
  const recipe = { epochs: 2, engine: 'eager', sampling: 'balanced' };
  const expected = await outcome(smallTraining(recipe));
  const resume = decodeCheckpoint(expected.checkpoints[0]!, 'memory');
  let clock = 0;
  const now = () => (clock += 10_000);
  const rest = await outcome(await streamed(smallTraining(recipe, { resume, now })));
  expect(rest.records).toEqual(expected.records.slice(1));
  expect(isSame(rest.checkpoints, expected.checkpoints.slice(1))).toEqual([true]);
});

test('a shard that is cut short while training reads it is named', async () => {
  const options = await streamed(smallTraining({ epochs: 1, engine: 'eager' }));
  const shard = join(directory, `train-8-${each}`);
  await truncate(shard, 1000);
  await expect(outcome(options)).rejects.toThrow(
    expect.objectContaining({
      name: 'WorldError',
      failure: expect.objectContaining({ where: shard, found: '1000 bytes' }),
    }),
  );
});

test('a shard that is rewritten while training reads it is named, and no epoch is made of it', async () => {
  const shard = join(directory, `train-8-${each}`);
  const options = await streamed(smallTraining({ epochs: 3, engine: 'eager' }));
  const epochs: number[] = [];
  const training = train({
    ...options,
    async onEpoch({ epoch }) {
      epochs.push(epoch);
      if (epoch !== 1) return;
      const file = await open(shard, 'r+');
      const { size } = await file.stat();
      await file.write(Uint8Array.of(77), 0, 1, size - 1);
      await file.close();
    },
  });
  await expect(training).rejects.toThrow(
    expect.objectContaining({
      name: 'WorldError',
      failure: expect.objectContaining({ where: shard }),
    }),
  );
  expect(epochs).toEqual([1]);
});
