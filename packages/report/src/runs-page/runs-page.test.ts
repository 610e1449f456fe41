import { expect, test } from 'vitest';
import { renderRunsPage } from '../index.ts';
import type { RunEntry } from './run-entry.ts';

const madeAt = '2026-11-27T06:00:00.000Z';
const entry = (day: number, changes: Partial<RunEntry> = {}): RunEntry => ({
  run: `nightly-${day}`,
  status: 'finished',
  startedAt: `2026-11-${String(day).padStart(2, '0')}T04:30:00.000Z`,
  dataset: 'fashion-mnist',
  ...changes,
});

test('the page shows a year of days, each with what became of its last run', async () => {
  const page = await renderRunsPage(
    [
      entry(24, { verdict: { outcome: 'promoted', sentence: 'Promoted: 12 more.' } }),
      entry(25, { testAccuracy: 0.92, testExamples: 5000 }),
      entry(26, { status: 'failed', why: 'No mirror has train-images.' }),
      entry(27, { status: 'parked', startedAt: '2026-11-27T04:30:00.000Z' }),
      entry(27, { run: 'by-hand', status: 'finished', startedAt: '2026-11-27T05:00:00.000Z' }),
    ],
    madeAt,
  );
  expect(page).toContain(
    'finished on 3, of which its model was put in use on 1, failed, was stopped or skipped on 1',
  );
  expect(page).toContain(
    '<span class="day promoted" title="2026-11-24: nightly-24 finished, promoted"',
  );
  expect(page).toContain('promoted<span class="meaning">Promoted: 12 more.</span>');
  expect(page).toContain('title="2026-11-25: nightly-25 finished, test 92.00%"');
  expect(page).toContain('title="2026-11-26: nightly-26 failed, No mirror has train-images."');
  expect(page).toContain('title="2026-11-27: by-hand finished"');
  expect(page.match(/<span class="day/g)).toHaveLength(52 * 7 + 5);
  expect(page).toContain('<a href="by-hand/report.html">by-hand</a>');
  expect(page).not.toContain('nightly-26/report.html');
  expect(page).toContain('Test accuracy of 1 run over time, from 92.00% to 92.00%');
});

test('what others wrote is text, equal runs give equal bytes, and none is no obstacle', async () => {
  const hostile = '</td><script>alert(1)</script>';
  const entries = [entry(1, { why: hostile, dataset: hostile, startedBy: hostile })];
  const page = await renderRunsPage(entries, madeAt);
  expect(page).not.toContain('<script>alert');
  expect(await renderRunsPage(entries, madeAt)).toBe(page);
  expect(await renderRunsPage([], madeAt)).toContain('0 runs, as of 2026-11-27 06:00 UTC.');
});

test('of more runs than a page has room for it says how many are left out', async () => {
  const many = Array.from({ length: 900 }, (_, i) => entry(1, { run: `run-${i}` }));
  const page = await renderRunsPage(many, madeAt);
  expect(page).toContain('800 runs, newest first; 100 older ones left out');
  expect(page.length).toBeLessThan(1e6);
});

test('a run that is the median of several seeds has their band; they themselves are in the table alone', async () => {
  const at = (day: number) => ({
    testAccuracy: 0.9,
    testExamples: 5000,
    startedAt: entry(day).startedAt,
  });
  const spread = { min: 0.89, median: 0.9, max: 0.91, sd: 0.01 };
  const seeds = [entry(26, { ...at(26), run: 'night', spread })];
  for (const seed of [5, 6, 7])
    seeds.push(entry(27, { ...at(27), run: `night-seed${seed}`, worksForAnother: true }));
  const page = await renderRunsPage(seeds, madeAt);
  expect(page).toContain('Test accuracy of 1 run over time');
  expect(page).toContain('1 with the band of their seeds.');
  expect(page).toContain('from the worst to the best of the seeds');
  expect(page).toContain('seeds 89.00% to 91.00%, sd 1.00%');
  expect(page).toContain('title="2026-11-27: no run"');
  expect(page).toContain('>night-seed6</a>');
  const alone = await renderRunsPage([entry(26, at(26))], madeAt);
  expect(alone).not.toMatch(/band|seeds/);
});
