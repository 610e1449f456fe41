import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIdOf } from '../src/names.ts';
import { checkpointsOf } from './commits.ts';
import { startUndisturbed, type Undisturbed } from './undisturbed.ts';
import { until } from './until.ts';
import { signal, trainersOf, untilGone, untilTrainer } from './worker-processes.ts';

// What the Temporal UI's menu on an activity does, done through the API behind it.
let here: Undisturbed;
let connection: Connection;

beforeAll(async () => {
  here = await startUndisturbed('operated', 24);
  connection = await Connection.connect({ address: here.at.stack.state.temporal.address });
});
afterAll(async () => {
  await connection?.close();
  await here?.at.stop();
});

const ofRun = (run: string) => ({
  namespace: 'default',
  execution: { workflowId: workflowIdOf(run) },
});
const target = (run: string) => ({ ...ofRun(run), type: 'train', identity: 'somebody' });
const pause = (run: string) =>
  connection.workflowService.pauseActivity({ ...target(run), reason: 'the machine is needed' });
const unpause = (run: string) => connection.workflowService.unpauseActivity(target(run));
const reset = (run: string) => connection.workflowService.resetActivity(target(run));

/** The training activity of a run, as its page in the UI shows it. */
async function pending(run: string) {
  const { pendingActivities } = await connection.workflowService.describeWorkflowExecution(
    ofRun(run),
  );
  return pendingActivities?.find(({ activityType }) => activityType?.name === 'train');
}

test('pausing frees the machine and keeps what is committed; unpausing goes on from there', async () => {
  const { training, worker, trainer, expectSame } = await here.disturb('paused', 5);
  await pause('paused');
  await untilGone(trainer);
  // 4: PENDING_ACTIVITY_STATE_PAUSED; until then, the attempt has not handed in its end.
  await until('the pause', async () => (await pending('paused'))?.state === 4 || undefined);
  const held = await checkpointsOf(here.at, training);
  expect(held.length).toBeGreaterThanOrEqual(5);
  await sleep(4_000);
  expect(trainersOf(worker)).toEqual([]);
  expect(await checkpointsOf(here.at, training)).toEqual(held);
  await unpause('paused');
  expect((await expectSame()).resumedAfter).toBe(held.length);
});

test('a stage that waits for its next attempt can be paused, too', async () => {
  const { worker, trainer, expectSame } = await here.disturb('waiting', 3);
  signal(trainer, 'SIGKILL');
  signal(await untilTrainer(worker, trainer), 'SIGKILL');
  // It now waits for two seconds.
  await until('two failures', async () => (await pending('waiting'))?.attempt === 3 || undefined);
  await pause('waiting');
  await sleep(4_000);
  expect(trainersOf(worker)).toEqual([]);
  expect(await pending('waiting')).toMatchObject({ paused: true, attempt: 3 });
  await unpause('waiting');
  await expectSame();
});

test('a reset begins a new attempt and the count anew, and goes on from storage', async () => {
  const { worker, trainer, expectSame } = await here.disturb('reset', 5);
  signal(trainer, 'SIGKILL');
  const second = await untilTrainer(worker, trainer);
  expect((await pending('reset'))?.attempt).toBe(2);
  await reset('reset');
  await untilGone(second);
  await untilTrainer(worker, second);
  const { attempt, lastFailure } = (await pending('reset'))!;
  expect(attempt).toBe(2);
  // Not the heartbeat timeout, half a minute later.
  expect(lastFailure?.applicationFailureInfo?.type).toBe('ActivityReset');
  expect((await expectSame()).resumedAfter).toBeGreaterThanOrEqual(5);
});
