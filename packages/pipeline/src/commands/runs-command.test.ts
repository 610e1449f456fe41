import { expect, test } from 'vitest';
import { formatRuns, type RunRow } from './runs-command.ts';

const rows: RunRow[] = [
  {
    runId: '20260131-020000-k7wq',
    status: 'finished',
    stage: 'finished',
    dataset: 'fashion-mnist',
    validationAccuracy: 0.9156,
    testAccuracy: 0.9202,
    startedAt: '2026-01-31T02:00:00.000Z',
    seconds: 95,
  },
  {
    runId: '20260131-010000-3k4m',
    status: 'parked',
    stage: 'data: UserError',
    startedAt: '2026-01-31T01:00:00.000Z',
    seconds: 3,
  },
  {
    runId: '20260131-000000-d2qx',
    status: 'running',
    stage: 'train',
    startedAt: '2026-01-31T00:00:00.000Z',
    seconds: 3700,
  },
  {
    runId: 'b',
    status: 'aborted',
    stage: 'train',
    startedAt: '2026-01-30T00:00:00.000Z',
    seconds: 4,
  },
];

const lines = (columns: number): string[] => formatRuns(rows, columns);

test('runs stand in columns, what is not known as a dash', () => {
  expect(lines(120)).toEqual([
    'run                   status          dataset        validation  test     started (UTC)     took',
    '20260131-020000-k7wq  finished        fashion-mnist  91.56 %     92.02 %  2026-01-31 02:00  1:35',
    '20260131-010000-3k4m  parked at data  -              -           -        2026-01-31 01:00  3.0 s',
    '20260131-000000-d2qx  running train   -              -           -        2026-01-31 00:00  1:01:40',
    'b                     aborted         -              -           -        2026-01-30 00:00  4.0 s',
  ]);
});

test('at 80 and at 60 columns, what says least is left out', () => {
  expect(lines(80).slice(0, 2)).toEqual([
    'run                   status          validation  test     started (UTC)',
    '20260131-020000-k7wq  finished        91.56 %     92.02 %  2026-01-31 02:00',
  ]);
  expect(lines(60).slice(0, 2)).toEqual([
    'run                   status          test',
    '20260131-020000-k7wq  finished        92.02 %',
  ]);
});
