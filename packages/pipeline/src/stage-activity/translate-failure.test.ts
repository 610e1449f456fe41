import { DamagedBlob } from '@atelier/artifacts';
import { UserError, WorldError } from '@atelier/errors';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { translateFailure } from './translate-failure.ts';

const alive = new AbortController().signal;
const failed = (code: string): Error => Object.assign(new Error(`${code}: write`), { code });

test.each([
  ['what a person must mend', new UserError({ what: 'x' }), 'UserError', true],
  ['what time may mend', new WorldError({ what: 'x' }), 'WorldError', false],
  [
    'a damaged blob',
    new DamagedBlob({ sha256: 'a', bytes: 1 }, 'damaged', { what: 'x' }),
    'DamagedArtifact',
    true,
  ],
  ['a full disk', failed('ENOSPC'), 'WorldError', false],
  ['a forbidden folder', failed('EACCES'), 'UserError', true],
])('%s', (_, error, type, nonRetryable) => {
  const failure = translateFailure(error, alive);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type, nonRetryable, stack: '' });
});

test('a bug keeps its name and is left to Temporal', () => {
  const bug = new TypeError('x is not a function');
  expect(translateFailure(bug, alive)).toBe(bug);
});

test('a cancellation stays one, whatever the interrupted work threw', () => {
  const cancelled = AbortSignal.abort(new CancelledFailure('CANCELLED'));
  expect(translateFailure(new WorldError({ what: 'x' }), cancelled)).toBeInstanceOf(
    CancelledFailure,
  );
});

test('the work of a worker that shuts down is given back, not lost', () => {
  const shutdown = AbortSignal.abort(new CancelledFailure('WORKER_SHUTDOWN'));
  expect(translateFailure(new Error('aborted'), shutdown)).toMatchObject({
    type: 'WorkerShutdown',
    nonRetryable: false,
    nextRetryDelay: '1s',
  });
});

test.each([
  ['paused', 'ActivityPause'],
  ['reset', 'ActivityReset'],
])('a stage that is %s is tried again, not lost', (asked, type) => {
  const interrupted = AbortSignal.abort(new CancelledFailure('PAUSED'));
  const details = { paused: false, reset: false, [asked]: true };
  expect(translateFailure(new Error('aborted'), interrupted, details)).toMatchObject({
    type,
    nonRetryable: false,
    stack: '',
  });
});
