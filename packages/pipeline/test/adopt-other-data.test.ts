import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef } from '@atelier/artifacts';
import { decodeSplit } from '@atelier/data';
import type { Report } from '@atelier/report';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trainPlan } from '../src/stages/train/plan.ts';
import {
  type AtelierStack,
  type CommandResult,
  quick,
  shareAtelierStack,
} from './atelier-stack.ts';

let at: AtelierStack;
let dataset: string;
let first: Awaited<ReturnType<AtelierStack['runRecord']>>;
const claim = '15 test images that played no part in training or in choosing the epoch';

/** Of a dataset with 200 images. */
const few = [...quick, '--batchSize', '100'];

beforeAll(async () => {
  at = await shareAtelierStack();
  dataset = await at.dataset('small', { train: 200, test: 30 });
  await start('first', 2, '--splitSeed', '1');
  first = await at.runRecord('first');
});
afterAll(() => at?.stop());

async function start(run: string, epochs: number, ...flags: string[]): Promise<CommandResult> {
  const result = await at.atelier([
    ...['start', '--dataset', dataset, '--epochs', String(epochs), '--run', run, '--json'],
    ...few,
    ...flags,
  ]);
  expect(result.code, result.stderr).toBe(0);
  return result;
}

const json = async <T>(ref: BlobRef): Promise<T> =>
  JSON.parse((await at.store.getBlob(ref)).toString()) as T;
const published = async (run: string, file: string): Promise<string> =>
  (await at.store.getRunFile(run, file))!.toString();
const report = async (run: string): Promise<Report> =>
  JSON.parse(await published(run, 'report.json')) as Report;

/** Positions in the official test set. */
async function indices(run: string, name: 'validation' | 'test'): Promise<number[]> {
  const { outputs } = (await at.runRecord(run)).stages.data;
  return [...decodeSplit(await at.store.getBlob(outputs[name]!), name).indices];
}

test('epochs of another split take no part in choosing, and known test images are counted', async () => {
  const { stderr } = await start('second', 4, '--splitSeed', '2', '--adopt', 'first');
  expect(stderr).toContain(
    '! Epochs 1 to 2 are adopted from a run on other data: they take no part in choosing the epoch.',
  );
  expect(stderr).toMatch(/^ +2\/4 +[\d.]+ +[\d.]+ % +- +- +- /m);

  const { stages, configuration } = await at.runRecord('second');
  const history = await json<{ otherData: unknown }>(stages.train.outputs.history!);
  const { manifest, train, validation } = first.stages.data.outputs;
  const otherData = [{ first: 1, last: 2, manifest, train, validation }];
  expect(history.otherData).toEqual(otherData);
  expect(configuration.adopt!.data).toEqual(otherData);

  const selection = await json<{ epoch: number; reason: string }>(stages.select.outputs.selection!);
  expect(selection.epoch).toBeGreaterThan(2);
  expect(selection.reason).toMatch(/ of 2 epochs.*Epochs 1 to 2 were validated on other data/);

  const chosenBy = await indices('first', 'validation');
  const known = (await indices('second', 'test')).filter((index) => chosenBy.includes(index));
  expect(known).toHaveLength(7);
  expect((await report('second')).training.adoptedData).toEqual([
    {
      ...{ first: 1, last: 2, title: 'Synthetic patterns', splitSeed: 1 },
      ...{ testInTraining: 0, testInValidation: 7 },
    },
  ]);
  const card = await published('second', 'model-card.md');
  expect(card).not.toContain('played no part');
  expect(card).toContain(
    '15 test images, of which adopted epochs knew 7 that epochs 1 to 2 were validated on.',
  );
  expect(await published('second', 'report.html')).toContain('of which adopted epochs knew 7');
});

test('the same split is the work that it always was', async () => {
  await start('same', 3, '--splitSeed', '1', '--adopt', 'first');
  const { stages } = await at.runRecord('same');
  const record = await at.store.readStage(trainPlan.record, stages.train.fingerprint);
  const { fingerprint: training } = first.stages.train;
  expect(record!.inputs.adopted).toEqual({
    training,
    epoch: 2,
    checkpoint: (await at.store.readEpochs(training)).commits[1]!.checkpoint,
  });
  expect(await json(stages.train.outputs.history!)).not.toHaveProperty('otherData');
  expect(await published('same', 'model-card.md')).toContain(claim);
});

test('an adopted run is adopted: each epoch counts as of the data that it was trained on', async () => {
  await start('third', 5, '--splitSeed', '1', '--adopt', 'second');
  const adopted = (await report('third')).training.adoptedData!;
  // Epochs 1 and 2 were trained on this very split, so their scores are of it.
  expect(adopted.map(({ first: from, last }) => [from, last])).toEqual([[3, 4]]);
  expect(adopted[0]).toMatchObject({ splitSeed: 2, testInTraining: 0, testInValidation: 7 });
});

test('done afresh, or by an adoption that an earlier version resolved, it is the same', async () => {
  const before = (await at.runRecord('second')).stages;
  const path = 'training.json';
  const { splits: _, ...older } = JSON.parse(await published('first', path));
  await at.store.putRunFile('first', path, Buffer.from(JSON.stringify(older)));
  await start('again', 4, '--splitSeed', '2', '--adopt', 'first', '--fresh', 'train');
  const { train, select } = (await at.runRecord('again')).stages;
  expect(train).toMatchObject({
    fingerprint: before.train.fingerprint,
    outputs: before.train.outputs,
    cache: { hit: false },
  });
  expect(select.outputs).toEqual(before.select.outputs);
});

test('test images that another dataset was trained on are counted', async () => {
  // Its images for the test are those that the first run learned from.
  const { files, ...rest } = JSON.parse(await readFile(dataset, 'utf8'));
  const swapped = {
    ...rest,
    name: 'swapped',
    files: {
      trainImages: files.testImages,
      trainLabels: files.testLabels,
      testImages: files.trainImages,
      testLabels: files.trainLabels,
    },
    validationCount: 180,
  };
  const other = join(at.folder, 'swapped.json');
  await writeFile(other, JSON.stringify(swapped));
  await start('swapped', 3, '--dataset', other, '--adopt', 'first', '--batchSize', '8');
  const { adoptedData } = (await report('swapped')).training;
  expect(adoptedData).toMatchObject([{ testInTraining: 20, testInValidation: 0 }]);
  expect(await published('swapped', 'model-card.md')).toContain(
    '20 test images, of which adopted epochs knew 20 that epochs 1 to 2 learned from.',
  );
});

test('a run that does not say what it was trained on cannot be adopted', async () => {
  await at.store.putRunFile('first', 'run.json', Buffer.from('{}'));
  const result = await at.atelier([
    ...['start', '--dataset', dataset, '--epochs', '3', '--run', 'unknown', '--adopt', 'first'],
    ...few,
  ]);
  expect(result.code).toBe(2);
  expect(result.stderr).toMatch(/not known which data epoch 1 of run first was trained on/);
});
