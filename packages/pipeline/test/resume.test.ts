import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobKey, openObjects } from '@atelier/artifacts';
import { isGone } from '@atelier/processes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AtelierStack } from './atelier-stack.ts';
import { commitsOf, trainings, untilCommitted } from './commits.ts';
import { damageChosenCheckpoint } from './damage.ts';
import { reportNumbers } from './report-numbers.ts';
import { startUndisturbed, type Undisturbed } from './undisturbed.ts';
import { until } from './until.ts';
import { signal, untilGone, untilTrainer, untilWorker } from './worker-processes.ts';

const epochs = 24;
/** So many that a test has time to interfere before the last is trained. */
const many = 120;
let here: Undisturbed;
let at: AtelierStack;

beforeAll(async () => {
  here = await startUndisturbed('resume', epochs);
  at = here.at;
});
afterAll(() => at?.stop());

async function report(run: string) {
  const out = join(at.folder, run);
  await at.atelier(['fetch', run, '--out', out]);
  return reportNumbers(await readFile(join(out, 'report.json'), 'utf8'));
}

test('a run whose trainer and worker were killed gives the same digests', async () => {
  const { training, worker, trainer, expectSame } = await here.disturb('hunted', 5);
  signal(trainer, 'SIGKILL');
  await untilCommitted(at, 12);
  signal(worker, 'SIGKILL');
  await expectSame();
  expect(await trainings(at)).toEqual([training]);
  const [one, other] = await Promise.all(['undisturbed', 'hunted'].map(at.runRecord));
  expect(other!.stages.train.fingerprint).toBe(one!.stages.train.fingerprint);
  for (const stage of ['data', 'train', 'select', 'evaluate'] as const)
    expect(other!.stages[stage].outputs).toEqual(one!.stages[stage].outputs);
  expect(await report('hunted')).toEqual(await report('undisturbed'));
});

test('work that is done again says whether it gave the same, whatever was killed', async () => {
  const run = here.start('again', ['--fresh', 'train']);
  const [name] = await trainings(at);
  await until('commits of its own', async () => {
    const own = (await commitsOf(at, name!)).filter(({ madeBy }) => madeBy === 'again');
    return own.length >= 5 || undefined;
  });
  signal(await untilWorker(at), 'SIGKILL');
  const { code, stderr } = await run;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('Stage train gave what run hunted had given, whose record stands.');
});

test("a killed worker's training is taken up at once; cancelled, it leaves what it committed", async () => {
  const known = await trainings(at);
  let told = '';
  const run = here.start('cancelled', ['--epochs', String(many)], (text) => {
    told += text;
  });
  const name = await untilCommitted(at, 5, known);
  const worker = await untilWorker(at);
  const orphan = await untilTrainer(worker);
  signal(worker, 'SIGKILL');
  const committed = (await commitsOf(at, name)).length;
  await untilGone(orphan);
  await untilCommitted(at, committed + 2, known);
  // By its successor, then, and not by a heartbeat timeout, which would say something else.
  await until('word of it', () => told.includes(`process ${worker.pid} died`) || undefined);

  const trainer = await untilTrainer(await untilWorker(at, worker));
  const cancelled = at.atelier(['cancel', 'cancelled']);
  expect((await cancelled).code).toBe(0);
  expect(isGone(trainer)).toBe(true);
  expect((await run).code).toBe(1);
  expect((await at.runRecord('cancelled')).status).toBe('cancelled');

  const commits = await commitsOf(at, name);
  expect(commits.length).toBeLessThan(many);

  // Its newest checkpoint is damaged meanwhile: it is reported, and the one before is used.
  const newest = commits.at(-1)!;
  const objects = openObjects(at.stack.state.s3);
  await objects.put(blobKey(newest.checkpoint), Buffer.alloc(newest.checkpoint.bytes, 7));
  const twin = await here.start('twin', ['--epochs', String(many)]);
  expect(twin.code).toBe(0);
  expect(twin.stderr).toContain(`The commit of epoch ${newest.epoch} is not used`);
  const { summary } = (await at.runRecord('twin')).stages.train;
  expect(summary).toMatchObject({ epochs: many });
  // Later, where its first attempt was lost on the way; never earlier.
  expect(summary.resumedAfter).toBeGreaterThanOrEqual(newest.epoch - 1);
  const after = await commitsOf(at, name);
  expect(after.slice(0, commits.length).map(({ checkpoint }) => checkpoint)).toEqual(
    commits.map(({ checkpoint }) => checkpoint),
  );
  // The epochs before the damaged one were not even trained again.
  expect(after.slice(0, newest.epoch - 1).map(({ madeBy }) => madeBy)).not.toContain('twin');
});

test('a damaged checkpoint that selection needs is trained again', async () => {
  const epoch = await damageChosenCheckpoint(at, 'hunted');
  const repaired = await here.start('repaired');
  expect(repaired.code).toBe(0);
  expect(repaired.stderr).toContain('A blob is damaged.');
  const [one, other] = await Promise.all([at.runRecord('hunted'), at.runRecord('repaired')]);
  expect(other.stages.train.cache.why).toContain(`epoch ${epoch} is missing`);
  for (const stage of ['data', 'train', 'select', 'evaluate'] as const)
    expect(other.stages[stage].outputs).toEqual(one.stages[stage].outputs);
});
