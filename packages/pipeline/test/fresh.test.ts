import { type EpochCommit, openObjects } from '@atelier/artifacts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AtelierStack, startAtelierStack } from './atelier-stack.ts';

let at: AtelierStack;
let dataset: string;

beforeAll(async () => {
  at = await startAtelierStack();
  dataset = await at.dataset('fresh');
  expect((await start('first')).code).toBe(0);
});
afterAll(() => at?.stop());

const start = (run: string, ...flags: string[]) =>
  at.atelier([
    ...['start', '--dataset', dataset, '--epochs', '3', '--run', run, '--json'],
    ...flags,
  ]);

async function training(run: string): Promise<{ name: string; commits: EpochCommit[] }> {
  const name = (await at.runRecord(run)).stages.train.fingerprint;
  return { name, commits: (await at.store.readEpochs(name)).commits };
}

test('a forced stage is done again; where it reproduces, its record and the later ones stand', async () => {
  const before = await training('first');
  const result = await start('again', '--fresh', 'train');
  expect(result.code).toBe(0);
  const { cached } = result.json();
  expect(cached).toEqual({ data: true, train: false, select: true, evaluate: true, report: true });
  const after = await training('again');
  expect(after.name).toBe(before.name);
  expect(after.commits.map(({ checkpoint }) => checkpoint)).toEqual(
    before.commits.map(({ checkpoint }) => checkpoint),
  );
  // From the first epoch on, by this run.
  expect(after.commits.map(({ madeBy }) => madeBy)).toEqual(['again', 'again', 'again']);
  const { train } = (await at.runRecord('again')).stages;
  expect(train.cache.why).toBe(
    'forced by --fresh; it gave what run first had given, whose record stands',
  );
  expect(train.summary).toMatchObject({ resumedAfter: 0 });
  expect((await at.store.readStage('train', after.name))?.madeBy).toBe('first');
});

test('a stage that does not reproduce its record says so and replaces it', async () => {
  // As if another machine had evaluated: the record names other predictions.
  const { evaluate } = (await at.runRecord('first')).stages;
  const record = (await at.store.readStage('evaluate', evaluate.fingerprint))!;
  const predictions = await at.store.putBlob(Buffer.from('of another machine'));
  const objects = openObjects(at.stack.state.s3);
  await objects.remove(`stages/evaluate/${evaluate.fingerprint}.json`);
  const forged = { ...record, outputs: { ...record.outputs, predictions }, madeBy: 'elsewhere' };
  await at.store.commitStage(forged);

  const result = await start('honest', '--fresh', 'evaluate');
  expect(result.json().cached).toMatchObject({ train: true, evaluate: false, report: true });
  const text = 'did not reproduce what run elsewhere had given: that record is set aside';
  expect(result.stderr).toContain(`Stage evaluate ${text}.`);
  const { cache, outputs } = (await at.runRecord('honest')).stages.evaluate;
  expect(cache.why).toContain(text);
  expect(outputs).toEqual(evaluate.outputs);
  const now = await at.store.readStage('evaluate', evaluate.fingerprint);
  expect(now?.outputs).toEqual(evaluate.outputs);
  expect(await objects.list('set-aside/stages/evaluate/')).toHaveLength(1);
});

test('without a stage, everything is done again', async () => {
  const result = await start('everything', '--fresh');
  expect(Object.values(result.json().cached)).toEqual([false, false, false, false, false]);
  expect(result.stderr).not.toContain('did not reproduce');
  const [one, other] = [await at.runRecord('first'), await at.runRecord('everything')];
  for (const stage of ['data', 'train', 'select', 'evaluate'] as const)
    expect(other.stages[stage].outputs).toEqual(one.stages[stage].outputs);
  expect((await training('everything')).commits[0]!.madeBy).toBe('everything');
});
