import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkpointsOf, untilCommitted } from './commits.ts';
import { startUndisturbed, type Undisturbed } from './undisturbed.ts';
import { signal, trainersOf, untilGone, untilWorker } from './worker-processes.ts';

let here: Undisturbed;

beforeAll(async () => {
  here = await startUndisturbed('away', 40);
});
afterAll(() => here?.at.stop());

test('a worker that is asked to end gives its training back, and leaves no trainer', async () => {
  const { worker, trainer, training, running, expectSame } = await here.disturb('asked', 5);
  signal(worker, 'SIGTERM');
  await untilGone(worker);
  await untilGone(trainer);
  const { length } = await checkpointsOf(here.at, training);
  const { resumedAfter } = await expectSame();
  // Given back, not lost: its successor goes on from the last commit at once.
  expect(resumedAfter).toBeGreaterThanOrEqual(length);
  expect((await running).stderr).toContain('The worker was shut down.');
});

test('a stack that is stopped and started goes on with its runs', async () => {
  const { at } = here;
  const { worker, trainer, running, expectSame } = await here.disturb('stopped', 5);
  // A test's stack removes itself when it is stopped, unless a supervisor takes it over.
  const { supervisorPid } = at.stack.state;
  process.kill(supervisorPid!, 'SIGKILL');
  expect((await at.atelier(['up'])).code).toBe(0);
  expect((await at.atelier(['down'])).code).toBe(0);
  await Promise.all([untilGone(worker), untilGone(trainer)]);
  expect((await at.atelier(['up'])).code).toBe(0);
  expect((await expectSame()).resumedAfter).toBeGreaterThanOrEqual(5);
  expect((await running).stderr).not.toContain('heartbeat');
});

test('a worker that was frozen and comes back finds itself replaced, and harms nothing', async () => {
  const { at } = here;
  const { worker, trainer, training, expectSame } = await here.disturb('frozen', 5);
  for (const frozen of [trainer, worker]) signal(frozen, 'SIGSTOP');
  const { length } = await checkpointsOf(at, training);
  let successor: { kill(name: 'SIGTERM'): boolean } | undefined;
  const serving = at.atelier(['worker'], {}, (child) => {
    successor = child;
  });
  try {
    // After the heartbeat timeout, the new worker takes over and gets further.
    await untilCommitted(at, length + 3);
    for (const frozen of [worker, trainer]) signal(frozen, 'SIGCONT');
    // Told that its attempt is over, it ends it, while the run goes on elsewhere.
    await untilGone(trainer);
    await expectSame();
    expect(trainersOf(worker)).toEqual([]);
    expect(await untilWorker(at)).toEqual(worker);
  } finally {
    successor?.kill('SIGTERM');
    await serving;
  }
});
