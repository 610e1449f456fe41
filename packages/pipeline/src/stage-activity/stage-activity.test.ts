import { UserError } from '@atelier/errors';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { stageInputShape } from '../stages/plan.ts';
import { stageActivity } from './stage-activity.ts';

const planned = (name: string) => ({ name, input: z.object(stageInputShape) });

const input = {
  run: { runId: 'r', workflowId: 'train-r', executionId: 'e', startedAt: '2026-01-01T00:00:00Z' },
  settings: {},
};

test('a stage heartbeats with what it last told of itself', async () => {
  const environment = new MockActivityEnvironment();
  const beats: unknown[] = [];
  environment.on('heartbeat', (details) => beats.push(details));
  const activity = stageActivity(planned('train'), async (_, { heartbeatDetails }) => {
    heartbeatDetails({ epoch: 3 });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    return 'done';
  });
  expect(await environment.run(activity, input)).toBe('done');
  expect(beats).toEqual([{ epoch: 3 }]);
});

test('a cancellation reaches the stage as a signal and Temporal as a cancellation', async () => {
  const environment = new MockActivityEnvironment();
  const activity = stageActivity(planned('train'), (_, { signal }) => {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('the child was stopped')));
    });
  });
  const running = environment.run(activity, input);
  environment.cancel('CANCELLED');
  await expect(running).rejects.toBeInstanceOf(CancelledFailure);
});

test("a stage's own failure is told in Temporal's terms", async () => {
  const environment = new MockActivityEnvironment();
  const activity = stageActivity(planned('data'), async () => {
    throw new UserError({ what: 'Bad magic', where: 'a.gz' });
  });
  await expect(environment.run(activity, input)).rejects.toMatchObject({
    type: 'UserError',
    nonRetryable: true,
    message: 'Bad magic\n  where: a.gz',
  });
});

test("an earlier version's inputs, with settings beside the others, are read as today's", async () => {
  const environment = new MockActivityEnvironment();
  const activity = stageActivity(planned('evaluate'), async ({ settings }) => settings);
  const { settings: _, ...before } = input;
  const earlier = { ...before, threads: 2, batch: 100 } as unknown as typeof input;
  expect(await environment.run(activity, earlier)).toEqual({
    ...{ mirrors: [], threads: 2, evaluationBatch: 100 },
  });
  const now = { ...before, settings: { threads: 1 } };
  expect(await environment.run(activity, now)).toEqual({ mirrors: [], threads: 1 });
});
