import { expect, test } from 'vitest';
import { recordedCandidates, select } from './list-runs.ts';
import type { IndexStore } from './run-index.ts';
import type { RunRow } from './run-row.ts';

const row = (runId: string, changes: Partial<RunRow> = {}): RunRow => ({
  ...{ runId, executionId: runId, revision: 1, status: 'finished', dataset: 'a', seed: 1 },
  ...{ epochs: 3, startedAt: `2026-01-0${runId}T02:00:00.000Z`, results: {} },
  ...changes,
});
const ids = (rows: readonly RunRow[]): string => rows.map(({ runId }) => runId).join('');
const newest = { sort: 'started', limit: 20 };

test('runs are chosen by status, dataset and start, the newest first', () => {
  const rows = [row('1'), row('3', { status: 'failed' }), row('2', { dataset: 'b' })];
  const chosen = (selection: object) => ids(select(rows, { ...newest, ...selection }));
  expect(chosen({})).toBe('321');
  expect(chosen({ limit: 2 })).toBe('32');
  expect(chosen({ statuses: ['failed', 'parked'] })).toBe('3');
  expect(chosen({ dataset: 'b' })).toBe('2');
  expect(chosen({ since: '2026-01-02T02:00:00Z' })).toBe('32');
  // A seed of another run is started after it, and is not what people mean by the last one.
  rows.push(row('4', { startedBy: { kind: 'run', name: '3' } }));
  expect(chosen({ limit: 1 })).toBe('4');
  expect(chosen({ limit: 1, isOwn: true })).toBe('3');
});

test('the best result comes first, runs without one last', () => {
  const test = (testAccuracy: number) => ({ results: { testAccuracy } });
  const rows = [row('1', test(0.5)), row('2'), row('3', test(0.9)), row('4')];
  expect(ids(select(rows, { sort: 'test', limit: 9 }))).toBe('3142');
});

test('no older month is read than is needed, and open runs do not count', async () => {
  const months: Record<string, RunRow[]> = {
    '2026-03': [row('6', { status: 'running' }), row('5')],
    '2026-02': [row('4', { status: 'failed' })],
    '2026-01': [row('3')],
  };
  const store = {
    indexParts: async () => Object.keys(months).sort(),
    readIndexPart: async (_: string, month: string) => ({ value: { rows: months[month] } }),
  } as unknown as IndexStore;
  const read = async (selection: object) => {
    const { rows, from } = await recordedCandidates(store, { ...newest, ...selection });
    return [ids(rows), from?.slice(0, 10)];
  };
  expect(await read({ limit: 1 })).toEqual(['65', '2026-03-01']);
  expect(await read({ limit: 2 })).toEqual(['654', '2026-02-01']);
  expect(await read({ limit: 1, statuses: ['failed'] })).toEqual(['654', '2026-02-01']);
  expect(await read({ limit: 1, sort: 'test' })).toEqual(['6543', undefined]);
  expect(await read({ since: '2026-02-20T00:00:00Z' })).toEqual(['654', '2026-02-20']);
});
