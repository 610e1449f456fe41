import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { WorkflowNotFoundError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { awaitEnding } from './run-ending.ts';

test('a run that Temporal has forgotten meanwhile is told of, with what to do', async () => {
  const workflowId = 'train-gone';
  const result = () => Promise.reject(new WorkflowNotFoundError('not found', workflowId, 'x'));
  const failure = await failureFrom(UserError, awaitEnding({ workflowId, result }));
  expect(failure.what).toBe('Temporal no longer knows run gone.');
  expect(failure.remedy).toContain('start it again');
});
