import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIdOf } from '../src/names.ts';
import { checkpointsOf, untilCommitted } from './commits.ts';
import { startUndisturbed, type Undisturbed } from './undisturbed.ts';
import { until } from './until.ts';
import { signal, trainersOf, untilGone, untilTrainer, untilWorker } from './worker-processes.ts';

let here: Undisturbed;
let connection: Connection;

beforeAll(async () => {
  here = await startUndisturbed('interrupted', 60);
  connection = await Connection.connect({ address: here.at.stack.state.temporal.address });
});
afterAll(async () => {
  await connection?.close();
  await here?.at.stop();
});

// What the Temporal UI's menu on an activity does, done through the API behind it.
const execution = { workflowId: workflowIdOf('operated') };
const target = { namespace: 'default', execution, type: 'train', identity: 'somebody' };
const pause = () =>
  connection.workflowService.pauseActivity({ ...target, reason: 'the machine is needed' });
const unpause = () => connection.workflowService.unpauseActivity(target);
const reset = () => connection.workflowService.resetActivity(target);

/** The training activity, as the run's page in the UI shows it. */
async function pending() {
  const { pendingActivities } = await connection.workflowService.describeWorkflowExecution({
    namespace: 'default',
    execution,
  });
  return pendingActivities?.find(({ activityType }) => activityType?.name === 'train');
}
const attempt = async () => (await pending())?.attempt ?? 0;

test('a training that is paused, paused while it waits, and reset goes on from storage', async () => {
  const { training, worker, trainer, expectSame } = await here.disturb('operated', 5);

  // Pausing frees the machine and keeps what is committed.
  await pause();
  await untilGone(trainer);
  // 4: PENDING_ACTIVITY_STATE_PAUSED; until then, the attempt has not handed in its end.
  await until('the pause', async () => (await pending())?.state === 4 || undefined);
  const held = await checkpointsOf(here.at, training);
  expect(held.length).toBeGreaterThanOrEqual(5);
  await sleep(4_000);
  expect(trainersOf(worker)).toEqual([]);
  expect(await checkpointsOf(here.at, training)).toEqual(held);
  await unpause();

  // So does pausing a stage that waits for its next attempt.
  const second = await untilTrainer(worker);
  const before = await attempt();
  signal(second, 'SIGKILL');
  signal(await untilTrainer(worker, second), 'SIGKILL');
  await until('two failures', async () => (await attempt()) === before + 2 || undefined);
  await pause();
  await sleep(4_000);
  expect(trainersOf(worker)).toEqual([]);
  expect(await pending()).toMatchObject({ paused: true, attempt: before + 2 });
  await unpause();

  // A reset begins a new attempt, and the count anew.
  const third = await untilTrainer(worker);
  await reset();
  await untilGone(third);
  await untilTrainer(worker, third);
  const { attempt: last, lastFailure } = (await pending())!;
  expect(last).toBe(2);
  // Not the heartbeat timeout, half a minute later.
  expect(lastFailure?.applicationFailureInfo?.type).toBe('ActivityReset');
  expect((await expectSame()).resumedAfter).toBeGreaterThanOrEqual(held.length);
});

test('a worker that is asked to end, stopped with its stack, or frozen until it is replaced harms nothing', async () => {
  const { at } = here;
  // A test's stack removes itself when it is stopped, unless a supervisor takes it over.
  process.kill(at.stack.state.supervisorPid!, 'SIGKILL');
  expect((await at.atelier(['up'])).code).toBe(0);
  const { worker: asked, training, running, ...first } = await here.disturb('away', 3);

  // It gives its training back, and leaves no trainer.
  signal(asked, 'SIGTERM');
  await untilGone(asked);
  await untilGone(first.trainer);
  const { length: given } = await checkpointsOf(at, training);

  // Its successor goes on from the last commit at once, and is stopped with all.
  const stopped = await untilWorker(at, asked);
  const trainer = await untilTrainer(stopped);
  await untilCommitted(at, given + 1);
  expect((await at.atelier(['down'])).code).toBe(0);
  await Promise.all([untilGone(stopped), untilGone(trainer)]);
  expect((await at.atelier(['up'])).code).toBe(0);
  const { length: left } = await checkpointsOf(at, training);

  const frozen = await untilWorker(at);
  const orphan = await untilTrainer(frozen);
  await untilCommitted(at, left + 1);
  for (const it of [orphan, frozen]) signal(it, 'SIGSTOP');
  const { length } = await checkpointsOf(at, training);
  let successor: { kill(name: 'SIGTERM'): boolean } | undefined;
  const serving = at.atelier(['worker'], {}, (child) => {
    successor = child;
  });
  try {
    // After the heartbeat timeout, the new worker takes over and gets further.
    await untilCommitted(at, length + 3);
    for (const it of [frozen, orphan]) signal(it, 'SIGCONT');
    // Told that its attempt is over, it ends it, while the run goes on elsewhere.
    await untilGone(orphan);
    expect((await first.expectSame()).resumedAfter).toBeGreaterThanOrEqual(length);
    expect(trainersOf(frozen)).toEqual([]);
    expect(await untilWorker(at)).toEqual(frozen);
  } finally {
    successor?.kill('SIGTERM');
    await serving;
  }
  expect((await running).stderr).toContain('The worker was shut down.');
}, 600_000);
