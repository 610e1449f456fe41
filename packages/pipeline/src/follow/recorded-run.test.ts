import { parseDocument } from '@atelier/artifacts';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import type { Store } from '../run-store.ts';
import { recordedProgress } from './recorded-run.ts';

const epoch = (n: number) => ({
  ...{ epoch: n, metrics: { validationAccuracy: n / 4 }, seconds: n, madeBy: 'old' },
  checkpoint: { sha256: 'a'.repeat(64), bytes: 1 },
});

/** A store with the files of one run and the epochs of its training. */
const storeWith = (files: Record<string, object>): Store =>
  ({
    readRunDocument: async (_run: string, name: string, schema: z.ZodType) =>
      files[name] && parseDocument(Buffer.from(JSON.stringify(files[name])), schema),
    readEpochs: async () => ({ commits: [epoch(1), epoch(2)], unreadable: [] }),
  }) as unknown as Store;

const outcome = (hit: boolean) => ({ seconds: 4, cache: { hit, why: hit ? 'done by run a' : '' } });
const training = { schemaVersion: 1, fingerprint: 'f'.repeat(64) };
const record = (stages: object) => ({
  'run.json': { runId: 'old', configuration: { recipe: { epochs: 9 } }, stages },
  'training.json': training,
});

test('a run of a version with other stages is shown with the stages that it has', async () => {
  const store = storeWith(
    record({ data: outcome(true), train: outcome(false), blend: outcome(false) }),
  );
  const progress = await recordedProgress(store, 'old');
  expect(progress?.stages.map(({ stage, hit }) => [stage, hit])).toEqual([
    ['data', true],
    ['train', false],
    ['blend', false],
  ]);
  expect(progress).toMatchObject({ totalEpochs: 9, status: 'ended' });
  expect(progress?.epochs).toEqual([
    { epoch: 1, validationAccuracy: 0.25, seconds: 1 },
    { epoch: 2, validationAccuracy: 0.5, seconds: 2 },
  ]);
});

test('a run that ended in its training shows the epochs that it committed', async () => {
  const progress = await recordedProgress(storeWith(record({ data: outcome(false) })), 'old');
  expect(progress?.epochs).toHaveLength(2);
});

test('adopted epochs of other data show no validation scores', async () => {
  const blob = (digit: string) => ({ sha256: digit.repeat(64), bytes: 1 });
  const splits = (digit: string) => ({
    ...{ manifest: blob(digit), train: blob(digit), validation: blob(digit) },
  });
  const data = { ...outcome(false), outputs: splits('a') };
  const shown = async (adopted: string) => {
    const files = record({ data });
    const adopt = {
      ...{ run: 'x', training: 'f'.repeat(64), epoch: 1, checkpoint: blob('c') },
      data: [{ first: 1, last: 1, ...splits(adopted) }],
    };
    Object.assign(files['run.json'].configuration, { adopt });
    return (await recordedProgress(storeWith(files), 'old'))?.epochs;
  };
  const second = { epoch: 2, validationAccuracy: 0.5, seconds: 2 };
  expect(await shown('b')).toEqual([{ epoch: 1, seconds: 1 }, second]);
  expect(await shown('a')).toEqual([{ epoch: 1, validationAccuracy: 0.25, seconds: 1 }, second]);
});

test('epochs of a training that another run had done are not told again', async () => {
  const progress = await recordedProgress(storeWith(record({ train: outcome(true) })), 'old');
  expect(progress?.epochs).toEqual([]);
});

test('a run without a record, or with one that cannot be read, has no progress to show', async () => {
  expect(await recordedProgress(storeWith({}), 'old')).toBeUndefined();
  expect(
    await recordedProgress(storeWith({ 'run.json': { runId: 'old' } }), 'old'),
  ).toBeUndefined();
});
