import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkYear } from './year/check-year.ts';
import type { Evidence } from './year/evidence.ts';
import { liveYear } from './year/live-year.ts';
import { planYear } from './year/plan.ts';
import { openYearBench, type YearBench } from './year/year-bench.ts';

let bench: YearBench;
let evidence: Evidence;

beforeAll(async () => {
  bench = await openYearBench();
});
afterAll(() => bench?.close());

test('of ten nights, one of each kind, each has one run, and somebody was told how it ended', async () => {
  evidence = await liveYear(bench, planYear(1, 10));
  expect(checkYear(evidence)).toEqual([]);
}, 600_000);

test('whatever were missing after them, or too much, would be named', () => {
  const { run, date } = evidence.due[0]!;
  const [last] = evidence.due.slice(-1);
  const wrong: [Partial<Evidence>, RegExp][] = [
    [{ executions: evidence.executions.filter(([id]) => id !== run) }, /was started 0 times/],
    [{ executions: evidence.executions.map(([id]) => [id, 2]) }, /was started 2 times/],
    [{ rows: evidence.rows.filter(({ runId }) => runId !== run) }, /without a record/],
    [
      { due: evidence.due.filter((night) => night.date !== date) },
      new RegExp(`the night of ${date} was never due`),
    ],
    [{ messages: evidence.messages.filter((told) => told.run !== run) }, /nobody was told/],
    [{ records: evidence.records.slice(1) }, /gone, and nobody removed it/],
    [{ listed: [] }, /runs says/],
    [{ shown: { ...evidence.shown, status: 'failed' } }, new RegExp(`${last!.run} is failed`)],
    [{ damage: [{ key: 'blobs/a', problem: 'missing' }] }, /verify finds blobs\/a missing/],
    [{ orphans: 1 }, /1 bytes that no run needs/],
    [{ decisions: evidence.decisions.slice(1) }, /decision 2 stands at place 1/],
    [
      { decisions: evidence.decisions.slice(0, -1) },
      new RegExp(`${last!.run} is finished, and has 0 decisions`),
    ],
    [{ published: undefined }, /the published files are those of undefined/],
  ];
  for (const [change, words] of wrong)
    expect(checkYear({ ...evidence, ...change }).join('\n')).toMatch(words);
});
