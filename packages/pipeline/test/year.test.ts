import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkYear } from './year/check-year.ts';
import { liveYear } from './year/live-year.ts';
import { planYear } from './year/plan.ts';
import { openYearBench, type YearBench } from './year/year-bench.ts';

let bench: YearBench;

beforeAll(async () => {
  bench = await openYearBench();
});
afterAll(() => bench?.close());

test('of ten nights, one of each kind, each has one run, and somebody was told how it ended', async () => {
  const evidence = await liveYear(bench, planYear(1, 10));
  expect(checkYear(evidence)).toEqual([]);
}, 600_000);
