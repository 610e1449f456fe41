import { expect, test } from 'vitest';
import { formatRuns } from './runs-command.ts';

test('runs stand in columns, what is not known as a dash', () => {
  const text = formatRuns([
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
    { runId: 'b', status: 'running', startedAt: '2026-01-31T01:00:00.000Z', seconds: 3 },
  ]);
  const rows = text.split('\n').map((line) => line.split(/\s{2,}/));
  expect(rows[1]).toEqual([
    '20260131-020000-k7wq',
    'finished',
    'finished',
    'fashion-mnist',
    '91.56 %',
    '92.02 %',
    '2026-01-31 02:00',
    '1:35',
  ]);
  expect(rows[2]).toEqual(['b', 'running', '-', '-', '-', '-', '2026-01-31 01:00', '3.0 s']);
});
