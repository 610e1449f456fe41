import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { blobKey, type EpochCommit, openObjects } from '@atelier/artifacts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AtelierStack, startAtelierStack } from './atelier-stack.ts';
import { damageChosenCheckpoint } from './damage.ts';
import { reportNumbers } from './report-numbers.ts';

const epochs = 40;
let disturbed: AtelierStack;
let undisturbed: AtelierStack;

beforeAll(async () => {
  [disturbed, undisturbed] = await Promise.all([startAtelierStack(), startAtelierStack()]);
});
afterAll(() => Promise.all([disturbed?.stop(), undisturbed?.stop()]));

/** So many that the first ones are long committed before the last is trained. */
const many = 300;

async function start(at: AtelierStack, run: string, ...flags: string[]) {
  // Large enough that an epoch takes a while, small enough for a test.
  const dataset = await at.dataset('resume', { train: 2000 });
  const options = ['--epochs', String(epochs), '--run', run, '--json', ...flags];
  return at.atelier(['start', '--dataset', dataset, ...options]);
}

/** The only training in a store, and its commits. */
async function training(at: AtelierStack): Promise<{ name: string; commits: EpochCommit[] }> {
  const objects = openObjects(at.stack.state.s3);
  const [name] = await objects.listFolders('stages/train/');
  return name === undefined
    ? { name: '', commits: [] }
    : { name, commits: (await at.store.readEpochs(name)).commits };
}

async function untilCommitted(at: AtelierStack, count: number): Promise<void> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(50))
    if ((await training(at)).commits.length >= count) return;
  throw new Error(`no ${count} commits within two minutes`);
}

/** Kills the processes below the worker, or the worker itself, with SIGKILL. */
function kill(at: AtelierStack, what: 'trainer' | 'worker'): void {
  const supervisor = String(at.stack.state.supervisorPid);
  const [worker] = pids('-P', supervisor, '-f', 'worker-main');
  const [victim] = what === 'worker' ? [worker] : pids('-P', String(worker), '-f', 'trainer-main');
  expect(victim).toBeDefined();
  process.kill(victim!, 'SIGKILL');
}

const pids = (...args: string[]): number[] =>
  execFileSync('pgrep', args, { encoding: 'utf8' }).trim().split('\n').map(Number);

async function report(at: AtelierStack, run: string) {
  const out = join(at.folder, run);
  await at.atelier(['fetch', run, '--out', out]);
  return reportNumbers(await readFile(join(out, 'report.json'), 'utf8'));
}

test('a run whose trainer and worker were killed gives the same digests', async () => {
  const quiet = start(undisturbed, 'quiet');
  await quiet;
  const run = start(disturbed, 'hunted');
  await untilCommitted(disturbed, 5);
  kill(disturbed, 'trainer');
  await untilCommitted(disturbed, 15);
  kill(disturbed, 'worker');
  expect((await run).code).toBe(0);

  const [a, b] = await Promise.all([training(undisturbed), training(disturbed)]);
  expect(b.name).toBe(a.name);
  const digests = ({ commits }: typeof a) => commits.map(({ checkpoint }) => checkpoint.sha256);
  expect(digests(b)).toHaveLength(epochs);
  expect(digests(b)).toEqual(digests(a));
  const [one, other] = await Promise.all([
    undisturbed.runRecord('quiet'),
    disturbed.runRecord('hunted'),
  ]);
  for (const stage of ['data', 'train', 'select', 'evaluate'] as const)
    expect(other.stages[stage].outputs).toEqual(one.stages[stage].outputs);
  expect(await report(disturbed, 'hunted')).toEqual(await report(undisturbed, 'quiet'));
});

test('a cancelled run stops soon and its twin goes on from what was committed', async () => {
  const run = start(disturbed, 'cancelled', '--epochs', String(many));
  const hunted = (await disturbed.runRecord('hunted')).stages.train.fingerprint;
  const name = await otherTraining(disturbed, hunted, 5);
  const asked = performance.now();
  expect((await disturbed.atelier(['cancel', 'cancelled'])).code).toBe(0);
  expect((await run).code).toBe(1);
  expect(performance.now() - asked).toBeLessThan(15_000);
  expect((await disturbed.runRecord('cancelled')).status).toBe('cancelled');

  const { commits } = await disturbed.store.readEpochs(name);
  expect(commits.length).toBeGreaterThan(0);
  expect(commits.length).toBeLessThan(many);

  // Its newest checkpoint is damaged meanwhile: it is reported, and the one before is used.
  const newest = commits.at(-1)!;
  const objects = openObjects(disturbed.stack.state.s3);
  await objects.put(blobKey(newest.checkpoint), Buffer.alloc(newest.checkpoint.bytes, 7));
  const twin = await start(disturbed, 'twin', '--epochs', String(many));
  expect(twin.code).toBe(0);
  const { stages } = await disturbed.runRecord('twin');
  expect(stages.train.summary).toMatchObject({
    epochs: many,
    resumedAfter: newest.epoch - 1,
  });
  expect(twin.stderr).toContain(`The commit of epoch ${newest.epoch} is not used`);
  const after = (await disturbed.store.readEpochs(name)).commits;
  expect(after.slice(0, commits.length).map(({ checkpoint }) => checkpoint)).toEqual(
    commits.map(({ checkpoint }) => checkpoint),
  );
});

/** Waits until a training besides a known one has so many commits; returns its name. */
async function otherTraining(at: AtelierStack, known: string, count: number): Promise<string> {
  const objects = openObjects(at.stack.state.s3);
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(50)) {
    const name = (await objects.listFolders('stages/train/')).find((other) => other !== known);
    if (name && (await at.store.readEpochs(name)).commits.length >= count) return name;
  }
  throw new Error('the training did not get going');
}

test('a damaged checkpoint that selection needs is trained again', async () => {
  const epoch = await damageChosenCheckpoint(disturbed, 'hunted');
  const repaired = await start(disturbed, 'repaired');
  expect(repaired.code).toBe(0);
  expect(repaired.stderr).toContain('A blob is damaged.');
  const [one, other] = await Promise.all([
    disturbed.runRecord('hunted'),
    disturbed.runRecord('repaired'),
  ]);
  expect(other.stages.train.cache.why).toContain(`epoch ${epoch} is missing`);
  for (const stage of ['data', 'train', 'select', 'evaluate'] as const)
    expect(other.stages[stage].outputs).toEqual(one.stages[stage].outputs);
});
