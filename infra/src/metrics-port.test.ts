import { expect, test } from 'vitest';
import { USUAL_PORTS } from './ensure-stack.ts';
import { withMetrics } from './metrics-port.ts';

const free = async () => true;
const taken = async () => false;

test('metrics stay where they were until they are asked elsewhere, or not to be', async () => {
  expect(await withMetrics(USUAL_PORTS, undefined, free)).toEqual(USUAL_PORTS);
  const there = { ...USUAL_PORTS, workerMetrics: 9464 };
  expect(await withMetrics(USUAL_PORTS, 9464, free)).toEqual(there);
  // Its own worker listens there.
  for (const asked of [undefined, 9464])
    expect(await withMetrics(there, asked, taken)).toEqual(there);
  expect(await withMetrics(there, 9465, free)).toEqual({ ...there, workerMetrics: 9465 });
  expect(await withMetrics(there, 'off', taken)).toEqual(USUAL_PORTS);
});

test('a port that something else has is refused, not moved', async () => {
  await expect(withMetrics(USUAL_PORTS, 9464, taken)).rejects.toThrow(/127\.0\.0\.1:9464/);
});
