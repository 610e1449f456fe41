import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { closedLoop, loadOf } from './closed-loop.ts';

test('the slowest of a hundred answers is above the 99th percentile', () => {
  const latencies = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(loadOf(latencies, 2)).toEqual({ perSecond: 50, median: 50, p99: 99 });
});

test('each asker asks when it is answered, and no sooner', async () => {
  let [asked, most] = [0, 0];
  const { perSecond, median } = await closedLoop(3, 0.2, async () => {
    asked += 1;
    most = Math.max(most, asked);
    await sleep(10);
    asked -= 1;
  });
  expect(most).toBe(3);
  expect(median).toBeGreaterThan(9);
  expect(perSecond).toBeLessThan(310);
});
