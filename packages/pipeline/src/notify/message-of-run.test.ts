import { readFileSync } from 'node:fs';
import { messageSchema } from '@atelier/notify/message';
import { expect, test } from 'vitest';
import { runRecordSchema } from '../record/run-record-schema.ts';
import { messageOfFailedPrune, messageOfLowDisk, messageOfRun } from './message-of-run.ts';

const recorded = JSON.parse(
  readFileSync(new URL('../../test/recorded/default/run.json', import.meta.url), 'utf8'),
);
const at = '2026-11-27T02:00:00.000Z';
const told = (changes: object) =>
  messageOfRun(
    runRecordSchema.parse({
      ...recorded,
      runId: 'a',
      revision: 3,
      finishedAt: undefined,
      ...changes,
    }),
    at,
  );
const why = { stage: 'data', kind: 'UserError', message: 'No mirror.', remedy: 'name one' };

test('a finished run is told of with its results', () => {
  const results = { testAccuracy: 0.9202, validationAccuracy: 0.9156 };
  const message = messageSchema.parse(told({ status: 'finished', results }));
  expect(message).toMatchObject({ event: 'finished', run: 'a', results });
  expect(message.summary).toMatch(/^Run a is finished: .*91\.56 %.*92\.02 %\.$/);
  expect(message.commands).toEqual(['npx atelier fetch a']);
});

test('one that waits, or failed, with why and what to do', () => {
  const startedBy = { kind: 'schedule', name: 'atelier-nightly' };
  expect(told({ status: 'parked', why, startedBy })).toMatchObject({
    ...{ event: 'parked', at, startedBy: 'schedule atelier-nightly' },
    ...{ summary: 'Run a waits for a person at stage data.', reason: 'No mirror.\nname one' },
    commands: ['npx atelier retry a', 'npx atelier abort a'],
  });
  for (const status of ['failed', 'terminated', 'timed out'])
    expect(told({ status, why })).toMatchObject({ event: 'failed' });
  expect(told({ status: 'skipped', why })).toMatchObject({
    ...{ event: 'skipped', summary: 'Run a was skipped.', reason: 'No mirror.\nname one' },
    commands: ['npx atelier schedule --show'],
  });
  const reason = 'nightly-1 still went on when nightly-3 was due.';
  const skipped = { status: 'skipped', why: { stage: 'open', kind: 'Skipped', message: reason } };
  expect(told(skipped)).toMatchObject({ event: 'skipped', summary: 'Run a was skipped.', reason });
});

test('what a person decided, and what goes on, is no news', () => {
  for (const status of ['running', 'cancelled', 'aborted'])
    expect(told({ status })).toBeUndefined();
});

test('that the disk is low is told once for a run', () => {
  const run = { runId: 'a', workflowId: 'train-a', executionId: 'x', startedAt: at };
  const message = messageSchema.parse(messageOfLowDisk(run, 'The disk is low: 1 GB free.'));
  expect(message).toMatchObject({ event: 'disk low', run: 'a', commands: ['npx atelier prune'] });
  expect(messageOfLowDisk(run, 'The disk is low: 2 GB free.').id).toBe(message.id);
});

test('a message is the same however often it is made, and another one later', () => {
  const [first, again] = [told({ status: 'parked', why }), told({ status: 'parked', why })];
  expect(first?.id).toBe(again?.id);
  expect(told({ status: 'parked', why, revision: 4 })?.id).not.toBe(first?.id);
});

test('a weekly removal that failed is told of, which is of no run', () => {
  const message = messageSchema.parse(messageOfFailedPrune({ id: 'x', message: 'No.' }, at));
  expect(message).toMatchObject({ event: 'failed', reason: 'No.', at });
  expect(message).not.toHaveProperty('run');
  expect(message.commands).toContain('npx atelier prune');
});
