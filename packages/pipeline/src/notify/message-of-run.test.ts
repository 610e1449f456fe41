import { readFileSync } from 'node:fs';
import { messageSchema } from '@atelier/notify/message';
import { expect, test } from 'vitest';
import { runRecordSchema } from '../record/run-record-schema.ts';
import { messageOfFailedPrune, messageOfLowDisk, messagesOfRun } from './message-of-run.ts';

const recorded = JSON.parse(
  readFileSync(new URL('../../test/recorded/default/run.json', import.meta.url), 'utf8'),
);
const at = '2026-11-27T02:00:00.000Z';
const allTold = (changes: object) =>
  messagesOfRun(
    runRecordSchema.parse({
      ...recorded,
      runId: 'a',
      revision: 3,
      finishedAt: undefined,
      ...changes,
    }),
    at,
  );
const told = (changes: object) => allTold(changes)[0];
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
  const approval = { stage: 'promote', kind: 'Approval', message: 'Promoted: better.' };
  expect(told({ status: 'parked', why: approval })).toMatchObject({
    ...{ event: 'parked', reason: 'Promoted: better.' },
    commands: ['npx atelier approve a --reason "…"', 'npx atelier reject a --reason "…"'],
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

const decided = (summary: object) =>
  allTold({
    status: 'finished',
    stages: { ...recorded.stages, promote: { ...recorded.stages.report, summary } },
  });

test('what the gate has decided is told after the end, in a message of its own', () => {
  const sentence = 'Promoted: 1.2 points better on 500 images.';
  const [finished, promoted] = decided({ outcome: 'promoted', sentence, number: 7 });
  expect(finished).toMatchObject({ event: 'finished', run: 'a' });
  expect(messageSchema.parse(promoted)).toMatchObject({
    ...{ event: 'promoted', run: 'a', reason: sentence },
    summary: 'Run a is the champion of fashion-mnist (decision 7).',
    commands: ['npx atelier champion --dataset fashion-mnist', expect.stringMatching(/rollback/)],
  });
  expect(promoted!.id).not.toBe(finished!.id);
  expect(decided({ outcome: 'first', sentence, number: 1 })[1]).toMatchObject({
    event: 'promoted',
  });
  for (const outcome of ['held', 'not enough evidence'])
    expect(messageSchema.parse(decided({ outcome, sentence: 'Held.' })[1])).toMatchObject({
      ...{ event: 'held', summary: 'Run a is not put in use for fashion-mnist.', reason: 'Held.' },
      commands: ['npx atelier compare champion:fashion-mnist a', 'npx atelier history'],
    });
  expect(decided({ outcome: 'unchanged', sentence: 'Unchanged.', number: 8 })).toHaveLength(1);
  const parked = {
    status: 'parked',
    why,
    stages: {
      promote: { ...recorded.stages.report, summary: { outcome: 'promoted', sentence, number: 7 } },
    },
  };
  expect(allTold(parked)).toHaveLength(1);
});

test('what a person decided, and what goes on, is no news', () => {
  for (const status of ['running', 'cancelled', 'aborted'])
    expect(told({ status })).toBeUndefined();
  // A seed of several: the run tells for which it is trained.
  const startedBy = { kind: 'run', name: 'nightly-2026-01-31T04:30:00Z' };
  for (const status of ['finished', 'failed'])
    expect(allTold({ status, why, startedBy })).toEqual([]);
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
