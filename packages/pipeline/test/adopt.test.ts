import { openObjects } from '@atelier/artifacts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveAdoption } from '../src/commands/resolve-adoption.ts';
import type { EpochCommit } from '../src/run-store.ts';
import { type AtelierStack, quick, shareAtelierStack } from './atelier-stack.ts';
import { trainings, untilCommitted } from './commits.ts';

let at: AtelierStack;
let dataset: string;
/** The fingerprint of the training that is adopted from. */
let parent: string;

beforeAll(async () => {
  at = await shareAtelierStack();
  dataset = await at.dataset('adopted');
});
afterAll(() => at?.stop());

const start = (run: string, epochs: number, ...flags: string[]) =>
  at.atelier([
    ...['start', '--dataset', dataset, '--epochs', String(epochs), '--run', run, '--json'],
    ...quick,
    ...flags,
  ]);

/** Continues after the parent's second epoch, for two more, at another learning rate. */
const startChild = (run: string, name: string, ...flags: string[]) =>
  start(run, 4, '--adopt', name, '--adoptEpoch', '2', ...childFlags, ...flags);
const childFlags = ['--learningRate', '0.001', '--keepCheckpoints', 'all'];

const training = async (run: string): Promise<string> =>
  (await at.runRecord(run)).stages.train.fingerprint;

const commits = async (name: string): Promise<EpochCommit[]> =>
  (await at.store.readEpochs(name)).commits;

const digests = (all: readonly EpochCommit[]): string[] =>
  all.map(({ checkpoint }) => checkpoint.sha256);

const published = async (run: string, file: string): Promise<string> =>
  (await at.store.getRunFile(run, file))!.toString();

test('a run continues from another one that is still going on, with another recipe', async () => {
  const known = await trainings(at);
  const going = start('parent', 5000);
  parent = await untilCommitted(at, 3, known);
  expect((await startChild('child', 'parent', '--detach')).code).toBe(0);
  // One machine trains one run at a time.
  expect((await at.atelier(['cancel', 'parent'])).code).toBe(0);
  await going;
  expect((await at.atelier(['follow', 'child'])).code).toBe(0);

  const own = await commits(await training('child'));
  expect(own.map(({ madeBy, adoptedFrom }) => [madeBy, adoptedFrom])).toEqual([
    ['parent', parent],
    ['parent', parent],
    ['child', undefined],
    ['child', undefined],
  ]);
  const theirs = await commits(parent);
  expect(digests(own).slice(0, 2)).toEqual(digests(theirs).slice(0, 2));
  expect(digests(own)[2]).not.toBe(digests(theirs)[2]);
  const { configuration } = await at.runRecord('child');
  expect(configuration.adopt).toMatchObject({ run: 'parent', training: parent, epoch: 2 });
  const card = await published('child', 'model-card.md');
  expect(card).toContain(`Epochs 1 to 2 from run parent, training ${parent.slice(0, 12)}.`);
  expect(await published('child', 'report.html')).toContain('Epochs 3 to 4 by run child.');
});

test('adopted training resumes bit-exactly; another environment is written down', async () => {
  const name = await training('child');
  const before = await commits(name);
  // As if it had been killed in its last epoch, and another machine had trained the one before.
  const objects = openObjects(at.stack.state.s3);
  for (const epoch of [3, 4]) await objects.remove(`stages/train/${name}/epochs/000${epoch}.json`);
  await objects.remove(`stages/train/${name}.json`);
  const third = before[2]!;
  const elsewhere = { ...third.environment, tensorflow: '2.0.0', cpuFeatures: ['sse'] };
  await at.store.commitEpoch(name, { ...third, environment: elsewhere });

  // The same epoch adopted once more is the same work, whatever the run is called by.
  const result = await startChild('elsewhere', 'train-parent', '--fresh', 'report');
  expect(result.code).toBe(0);
  const { train, report } = (await at.runRecord('elsewhere')).stages;
  expect(report.cache.why).toMatch(
    /replaces what run child had given, because it shows wall times/,
  );
  expect(train).toMatchObject({ fingerprint: name, summary: { resumedAfter: 3 } });
  expect(digests(await commits(name))).toEqual(digests(before));
  expect(result.stderr).toMatch(
    /The environment is another one from epoch 4 on: TensorFlow 2\.0\.0 → /,
  );
  expect(await published('elsewhere', 'model-card.md')).toMatch(
    /TensorFlow 2\.0\.0 trained up to epoch 3, .* from epoch 4 \(.*CPU features sse → /,
  );
});

test('what cannot be adopted is refused before anything starts', async () => {
  const result = await start('refused', 4, '--adopt', 'nobody');
  expect(result.stderr).toMatch(/no run nobody[\s\S]*--adopt[\s\S]*atelier runs/);
  expect(result.code).toBe(2);
  expect(await at.store.getRunFile('refused', 'run.json')).toBeUndefined();

  await at.store.createRunFile('waiting', 'run.json', Buffer.from('{}'));
  const { configuration } = await at.runRecord('child');
  const narrow = { ...configuration.network, widths: [16, 16], residual: 2 };
  const refused = (run: string, epoch?: number, change = {}) =>
    resolveAdoption(
      at.store,
      { run, ...(epoch ? { epoch } : {}) },
      { ...configuration, ...change },
    );
  await expect(refused('waiting')).rejects.toThrow('Run waiting has not begun to train.');
  await expect(refused('child', 5)).rejects.toThrow(/--adoptEpoch[\s\S]*1 to 4[\s\S]*found: 5/);
  await expect(refused('child')).rejects.toThrow(/more than the 4 epochs[\s\S]*found: 4/);
  const { sha256 } = (await commits(await training('child')))[2]!.checkpoint;
  await at.store.addThinned(await training('child'), [{ epoch: 3, sha256 }]);
  await expect(refused('child', 3)).rejects.toThrow(
    /Epoch 3 of run child was thinned out\.[\s\S]*kept: 2 and 4 are there/,
  );
  await expect(refused('child', 2, { network: narrow })).rejects.toThrow(
    /expected: 784-16-10[\s\S]*found: 784-16-16-10, residual 2/,
  );
});
