import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobKey, openObjects } from '@atelier/artifacts';
import { isGone } from '@atelier/processes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type AtelierStack,
  type CommandResult,
  quick,
  startAtelierStack,
} from './atelier-stack.ts';
import { checkpointsOf, commitsOf, trainings, untilCommitted } from './commits.ts';
import { damageChosenCheckpoint } from './damage.ts';
import { reportNumbers } from './report-numbers.ts';
import { until } from './until.ts';
import { signal, untilGone, untilTrainer, untilWorker } from './worker-processes.ts';

const epochs = 24;
/** So many that a test has time to interfere before the last is trained. */
const many = 60;
let disturbed: AtelierStack;
let undisturbed: AtelierStack;

beforeAll(async () => {
  [disturbed, undisturbed] = await Promise.all([startAtelierStack(), startAtelierStack()]);
});
afterAll(() => Promise.all([disturbed?.stop(), undisturbed?.stop()]));

async function start(
  at: AtelierStack,
  run: string,
  flags: string[] = [],
  onError: (text: string) => void = () => {},
): Promise<CommandResult> {
  const dataset = await at.dataset('resume', { train: 1000 });
  const options = [...quick, '--epochs', String(epochs), '--run', run, '--json'];
  return at.atelier(['start', '--dataset', dataset, ...options, ...flags], {}, (child) =>
    child.stderr.on('data', (chunk) => onError(String(chunk))),
  );
}

async function report(at: AtelierStack, run: string) {
  const out = join(at.folder, run);
  await at.atelier(['fetch', run, '--out', out]);
  return reportNumbers(await readFile(join(out, 'report.json'), 'utf8'));
}

test('a run whose trainer and worker were killed gives the same digests', async () => {
  await start(undisturbed, 'quiet');
  const run = start(disturbed, 'hunted');
  await untilCommitted(disturbed, 5);
  const worker = await untilWorker(disturbed);
  signal(await untilTrainer(worker), 'SIGKILL');
  await untilCommitted(disturbed, 12);
  signal(worker, 'SIGKILL');
  expect((await run).code).toBe(0);

  const [[a], [b]] = await Promise.all([trainings(undisturbed), trainings(disturbed)]);
  expect(b).toBe(a);
  const digests = await checkpointsOf(disturbed, b!);
  expect(digests).toHaveLength(epochs);
  expect(digests).toEqual(await checkpointsOf(undisturbed, a!));
  const [one, other] = await Promise.all([
    undisturbed.runRecord('quiet'),
    disturbed.runRecord('hunted'),
  ]);
  for (const stage of ['data', 'train', 'select', 'evaluate'] as const)
    expect(other.stages[stage].outputs).toEqual(one.stages[stage].outputs);
  expect(await report(disturbed, 'hunted')).toEqual(await report(undisturbed, 'quiet'));
});

test('work that is done again says whether it gave the same, whatever was killed', async () => {
  const run = start(disturbed, 'again', ['--fresh', 'train']);
  const [name] = await trainings(disturbed);
  await until('commits of its own', async () => {
    const own = (await commitsOf(disturbed, name!)).filter(({ madeBy }) => madeBy === 'again');
    return own.length >= 5 || undefined;
  });
  signal(await untilWorker(disturbed), 'SIGKILL');
  const { code, stderr } = await run;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('Stage train gave what run hunted had given, whose record stands.');
});

test("a killed worker's training is taken up at once; cancelled, it leaves what it committed", async () => {
  const known = await trainings(disturbed);
  let told = '';
  const run = start(disturbed, 'cancelled', ['--epochs', String(many)], (text) => {
    told += text;
  });
  const name = await untilCommitted(disturbed, 5, known);
  const worker = await untilWorker(disturbed);
  const orphan = await untilTrainer(worker);
  signal(worker, 'SIGKILL');
  const committed = (await commitsOf(disturbed, name)).length;
  await untilGone(orphan);
  await untilCommitted(disturbed, committed + 2, known);
  // By its successor, then, and not by a heartbeat timeout, which would say something else.
  await until('word of it', () => told.includes(`process ${worker.pid} died`) || undefined);

  const trainer = await untilTrainer(await untilWorker(disturbed, worker));
  const cancelled = disturbed.atelier(['cancel', 'cancelled']);
  expect((await cancelled).code).toBe(0);
  expect(isGone(trainer)).toBe(true);
  expect((await run).code).toBe(1);
  expect((await disturbed.runRecord('cancelled')).status).toBe('cancelled');

  const commits = await commitsOf(disturbed, name);
  expect(commits.length).toBeLessThan(many);

  // Its newest checkpoint is damaged meanwhile: it is reported, and the one before is used.
  const newest = commits.at(-1)!;
  const objects = openObjects(disturbed.stack.state.s3);
  await objects.put(blobKey(newest.checkpoint), Buffer.alloc(newest.checkpoint.bytes, 7));
  const twin = await start(disturbed, 'twin', ['--epochs', String(many)]);
  expect(twin.code).toBe(0);
  expect(twin.stderr).toContain(`The commit of epoch ${newest.epoch} is not used`);
  const { summary } = (await disturbed.runRecord('twin')).stages.train;
  expect(summary).toMatchObject({ epochs: many });
  // Later, where its first attempt was lost on the way; never earlier.
  expect(summary.resumedAfter).toBeGreaterThanOrEqual(newest.epoch - 1);
  const after = await commitsOf(disturbed, name);
  expect(after.slice(0, commits.length).map(({ checkpoint }) => checkpoint)).toEqual(
    commits.map(({ checkpoint }) => checkpoint),
  );
  // The epochs before the damaged one were not even trained again.
  expect(after.slice(0, newest.epoch - 1).map(({ madeBy }) => madeBy)).not.toContain('twin');
});

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
