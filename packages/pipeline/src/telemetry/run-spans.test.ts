import { readFileSync } from 'node:fs';
import { type Attributes, noTracing, type PastSpan } from '@atelier/telemetry';
import { expect, test } from 'vitest';
import { runRecordSchema } from '../record/run-record-schema.ts';
import { runSpans, tracingTell } from './run-spans.ts';

const recorded = JSON.parse(
  readFileSync(new URL('../../test/recorded/default/run.json', import.meta.url), 'utf8'),
);
const timeline = [
  { stage: 'data', startedAt: '2026-01-31T02:00:01.000Z', seconds: 4, attempts: 1, failures: [] },
  {
    ...{ stage: 'train', startedAt: '2026-01-31T02:00:05.000Z', seconds: 60, attempts: 3 },
    failures: [{ kind: 'WorldError', message: 'The trainer died.' }],
  },
];
timeline[0] = { ...timeline[0]!, finishedAt: '2026-01-31T02:00:05.000Z' } as never;
const failed = {
  ...recorded,
  ...{ status: 'failed', timeline, startedAt: '2026-01-31T02:00:00.000Z' },
  finishedAt: '2026-01-31T03:00:00.000Z',
  why: { stage: 'train', kind: 'WorldError', message: 'The trainer died.\n  found: SIGKILL' },
};

test('a run that is over is traced by what its record says', () => {
  const [run, ...stages] = runSpans(runRecordSchema.parse(failed));
  expect(run).toMatchObject({
    ...{ name: 'run', failure: 'train: The trainer died.' },
    start: Date.parse(failed.startedAt),
    end: Date.parse(failed.finishedAt),
    attributes: { 'atelier.status': 'failed' } satisfies Attributes,
  });
  expect(stages).toMatchObject([
    { name: 'stage data', end: Date.parse('2026-01-31T02:00:05.000Z') },
    { name: 'stage train', failure: 'WorldError', attributes: { 'atelier.attempts': 3 } },
  ]);
  expect(stages[0]!.failure).toBeUndefined();
});

test('one that goes on is not, nor what is no record', async () => {
  const added: [string, PastSpan][] = [];
  const addRun = (run: string, span: PastSpan): void => void added.push([run, span]);
  const tell = tracingTell({ tracing: { ...noTracing, addRun } });
  await tell(Buffer.from(JSON.stringify({ ...failed, status: 'parked' })));
  await tell(Buffer.from('{}'));
  expect(added).toEqual([]);
  await tell(Buffer.from(JSON.stringify(failed)));
  expect(added.map(([run]) => run)).toEqual([recorded.executionId]);
});
