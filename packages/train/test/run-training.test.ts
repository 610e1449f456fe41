import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeSplit, type Split } from '@atelier/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { smallTraining } from '../src/fixtures/small-training.ts';
import { runTraining, type TrainingEvent, type TrainingRequest } from '../src/index.ts';

let directory: string;

/**
 * Few examples, but the reference network's inputs and widths, whose products threads share out, in
 * batches of a size with which the bits do not depend on that (docs/decisions/0009-xla-flags.md).
 */
function training(recipe: object = {}) {
  const options = smallTraining({ batchSize: 128, ...recipe }, {}, 28);
  return { ...options, network: { ...options.network, widths: [144, 128, 128] } };
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'atelier-train-'));
  const { data } = training();
  for (const name of ['train', 'validation'] as const) {
    const indices = Int32Array.from(data[name].labels, (_, i) => i);
    const split: Split = { name, shape: data.shape, indices, ...data[name] };
    await writeFile(path.join(directory, `${name}.safetensors`), encodeSplit(split));
  }
});

afterAll(() => rm(directory, { recursive: true, force: true }));

function request(recipe: object = {}, more: Partial<TrainingRequest> = {}): TrainingRequest {
  const { data, network, recipe: whole, seed } = training(recipe);
  return {
    train: { path: path.join(directory, 'train.safetensors') },
    validation: { path: path.join(directory, 'validation.safetensors') },
    normalisation: data.normalisation,
    network,
    recipe: whole,
    seed,
    directory,
    ...more,
  };
}

async function digests(job: TrainingRequest): Promise<string[]> {
  const found: string[] = [];
  await runTraining(job, {
    onEvent: async (event: TrainingEvent) => {
      if (event.kind !== 'epoch') return;
      const bytes = await readFile(event.checkpoint);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(event.sha256);
      found.push(event.sha256);
    },
  });
  return found;
}

test('a trainer gives the same bits on one thread and on two, whole and resumed', async () => {
  const whole = await digests(request({ epochs: 3 }, { threads: 1 }));
  expect(whole).toHaveLength(3);
  expect(await digests(request({ epochs: 3 }, { threads: 2 }))).toEqual(whole);
  const resumeFrom = path.join(directory, 'epoch-0001.safetensors');
  expect(await digests(request({ epochs: 3 }, { resumeFrom }))).toEqual(whole.slice(1));
});

/** One that is quickly made: it is not asked for its bits. */
const eager = { engine: 'eager', epochs: 1 };

test('it says what it runs on before its first step', async () => {
  const events: TrainingEvent[] = [];
  const { environment, history } = await runTraining(request(eager, { threads: 1 }), {
    onEvent: (event) => void events.push(event),
  });
  expect(events[0]).toEqual({ kind: 'started', environment, epoch: 0 });
  expect(environment).toMatchObject({ threads: 1, tensorflow: expect.stringMatching(/^2\./) });
  expect(history.map(({ epoch }) => epoch)).toEqual([1]);
});

test('files that are no checkpoints or splits are refused by name', async () => {
  const onEvent = () => {};
  const resumeFrom = path.join(directory, 'train.safetensors');
  await expect(runTraining(request(eager, { resumeFrom }), { onEvent })).rejects.toMatchObject({
    name: 'UserError',
    failure: { where: resumeFrom },
  });
  const broken = path.join(directory, 'broken.safetensors');
  await writeFile(broken, 'not a split');
  await expect(
    runTraining(request(eager, { train: { path: broken } }), { onEvent }),
  ).rejects.toMatchObject({
    name: 'UserError',
    failure: { where: broken },
  });
});
