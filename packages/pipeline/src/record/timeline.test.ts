import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeHistory } from '../workflow/history-file.ts';
import { timelineOf, withPending } from './timeline.ts';

const recorded = (name: string) => {
  const path = new URL(`../workflow/histories/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8'));
};
const timeline = (history: unknown) => timelineOf(decodeHistory(JSON.stringify(history)));

test('every stage has its beginning, its end and its attempts', () => {
  const stages = timeline(recorded('finished'));
  expect(stages.map(({ stage }) => stage)).toEqual([
    ...['data', 'train', 'select', 'evaluate', 'report'],
  ]);
  for (const { attempts, failures, startedAt, finishedAt, seconds } of stages) {
    expect({ attempts, failures }).toEqual({ attempts: 1, failures: [] });
    expect(Date.parse(finishedAt!) - Date.parse(startedAt)).toBeCloseTo(1000 * seconds, -1);
  }
});

test('a stage that was retried and given up has its failures, and no end', () => {
  const [data, ...others] = timeline(recorded('parked-retried-aborted'));
  expect(others).toEqual([]);
  expect(data).toMatchObject({ stage: 'data', attempts: 2 });
  expect(data).not.toHaveProperty('finishedAt');
  expect(data!.failures.map(({ kind, message }) => [kind, message.split('\n')[0]])).toEqual([
    ['UserError', 'No mirror has train-images-idx3-ubyte.gz.'],
    ['UserError', 'No mirror has test-images-idx3-ubyte.gz.'],
  ]);
});

test('of attempts that followed each other the last failure is known, unless it was asked for', () => {
  const history = recorded('finished');
  const started = history.events.filter(
    (event: Record<string, unknown>) => event.activityTaskStartedEventAttributes,
  );
  const fail = (i: number, attempt: number, lastFailure: object) =>
    Object.assign(started[i].activityTaskStartedEventAttributes, { attempt, lastFailure });
  // The first is the record's own.
  fail(1, 3, { message: 'activity Heartbeat timeout', timeoutFailureInfo: {} });
  fail(2, 2, { message: 'Paused.', applicationFailureInfo: { type: 'ActivityPause' } });
  const [data, train] = timeline(history);
  expect(data).toMatchObject({
    attempts: 3,
    failures: [{ kind: 'WorldError', message: 'the worker that ran it stopped answering' }],
  });
  expect(train).toMatchObject({ attempts: 2, failures: [] });
});

test('an attempt that goes on counts, with the failure of the one before it', () => {
  const [data] = timeline(recorded('parked-retried-aborted'));
  const lastFailure = {
    message: 'The store is away.',
    applicationFailureInfo: { type: 'WorldError' },
  };
  const pending = [{ activityType: { name: 'prepareData' }, attempt: 3, lastFailure }];
  const now = Date.parse(data!.startedAt) + 5_000;
  const [live] = withPending([data!], pending, now);
  expect(live).toMatchObject({ attempts: 5, seconds: 5 });
  expect(live!.failures.at(-1)).toEqual({ kind: 'WorldError', message: 'The store is away.' });
  expect(withPending([data!], [], now)).toEqual([data]);
});
