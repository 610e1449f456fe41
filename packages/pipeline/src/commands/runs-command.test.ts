import { expect, test } from 'vitest';
import type { ListedRun } from '../record/true-rows.ts';
import { formatRuns } from './runs-command.ts';

const common = { executionId: 'x', revision: 1, seed: 1, epochs: 120, results: {} };
const rows: ListedRun[] = [
  {
    ...common,
    runId: '20260131-020000-k7wq',
    status: 'finished',
    dataset: 'fashion-mnist',
    results: { validationAccuracy: 0.9156, testAccuracy: 0.9202 },
    startedAt: '2026-01-31T02:00:00.000Z',
    finishedAt: '2026-01-31T02:01:35.000Z',
  },
  {
    ...common,
    runId: '20260131-010000-3k4m',
    status: 'parked',
    stage: 'data',
    dataset: 'fashion-mnist',
    startedAt: '2026-01-31T01:00:00.000Z',
    finishedAt: '2026-01-31T01:00:03.000Z',
    why: { stage: 'data', kind: 'UserError', message: 'No mirror has train-images-idx3-ubyte.gz.' },
  },
  {
    ...{ executionId: 'x', revision: -1, results: {} },
    runId: '20260131-000000-d2qx',
    status: 'running',
    stage: 'train',
    dataset: '-',
    startedAt: '2026-01-31T00:00:00.000Z',
    finishedAt: '2026-01-31T01:01:40.000Z',
  },
  {
    ...common,
    runId: 'b',
    status: 'failed',
    dataset: 'fashion-mnist',
    startedAt: '2026-01-30T00:00:00.000Z',
    finishedAt: '2026-01-30T00:00:04.000Z',
    why: { stage: 'train', kind: 'Superseded', message: 'It gave way to the next night.' },
  },
];

const lines = (columns: number): string[] => formatRuns(rows, columns);

test('runs stand in columns, what is not known as a dash, and say why', () => {
  expect(lines(200)).toEqual([
    'run                   status          dataset        seed  epochs  validation  test     started (UTC)     took     why',
    '20260131-020000-k7wq  finished        fashion-mnist     1     120  91.56 %     92.02 %  2026-01-31 02:00  1:35',
    '20260131-010000-3k4m  parked at data  fashion-mnist     1     120  -           -        2026-01-31 01:00  3.0 s    No mirror has train-images-idx3-ubyte.gz.',
    '20260131-000000-d2qx  running train   -                 -       -  -           -        2026-01-31 00:00  1:01:40',
    'b                     failed          fashion-mnist     1     120  -           -        2026-01-30 00:00  4.0 s    train: It gave way to the next night.',
  ]);
});

test('at 100, 80 and 60 columns, what says least is left out, and reasons are cut', () => {
  expect(lines(100)[2]).toBe(
    '20260131-010000-3k4m  parked at data  -        2026-01-31 01:00  No mirror has train-images-idx3-ub…',
  );
  expect(lines(80).slice(0, 3)).toEqual([
    'run                   status          test     why',
    '20260131-020000-k7wq  finished        92.02 %',
    '20260131-010000-3k4m  parked at data  -        No mirror has train-images-idx3-…',
  ]);
  expect(lines(60).slice(0, 2)).toEqual([
    'run                   status          test',
    '20260131-020000-k7wq  finished        92.02 %',
  ]);
});

test('at 80 columns, where nothing failed, there is room for when runs were started', () => {
  expect(formatRuns(rows.slice(0, 1), 80)).toEqual([
    'run                   status    validation  test     started (UTC)     took  why',
    '20260131-020000-k7wq  finished  91.56 %     92.02 %  2026-01-31 02:00  1:35',
  ]);
});
