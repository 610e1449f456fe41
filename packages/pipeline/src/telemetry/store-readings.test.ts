import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryObjects } from '@atelier/artifacts/testing';
import { openMetrics } from '@atelier/telemetry';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeMonth } from '../record/run-index.ts';
import type { RunRow } from '../record/run-row.ts';
import { openStoreOn } from '../run-store.ts';
import { lastFinishedNights, openStoreReadings } from './store-readings.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'atelier-readings-'));
});
afterEach(() => rm(scratch, { recursive: true }));

const night = (runId: string, changes: Partial<RunRow> = {}): RunRow => ({
  ...{ runId, executionId: 'e', revision: 1, status: 'finished', dataset: 'd', results: {} },
  ...{ startedAt: '2026-01-31T02:00:00.000Z', finishedAt: '2026-01-31T03:00:00.000Z' },
  startedBy: { kind: 'schedule', name: 'atelier-nightly' },
  ...changes,
});

test('of each schedule that goes on its last finished night', () => {
  const later = { finishedAt: '2026-02-01T03:00:00.000Z' };
  expect(
    lastFinishedNights(
      [
        night('a', later),
        night('b'),
        night('c', { startedBy: { kind: 'schedule', name: 'atelier-weekly' } }),
        night('f', { startedBy: { kind: 'schedule', name: 'atelier-gone' } }),
        night('d', { ...later, status: 'failed' }),
        night('e', { ...later, startedBy: { kind: 'person', name: 'ada' } }),
      ],
      ['nightly', 'weekly', 'new'],
    ),
  ).toEqual([
    [{ schedule: 'nightly' }, Date.parse(later.finishedAt) / 1000],
    [{ schedule: 'weekly' }, Date.parse('2026-01-31T03:00:00.000Z') / 1000],
  ]);
});

/** A store with one month of runs, and metrics that are asked for it. */
async function opened(isOfPipeline: boolean) {
  const calls: string[] = [];
  const state = { isAway: false, now: 0, callMs: 0 };
  const objects = memoryObjects(async ({ method }) => {
    calls.push(method);
    state.now += state.callMs;
    if (state.isAway) throw new Error('away');
  });
  const rows = [night('a'), night('b', { status: 'parked' })];
  objects.seed('index/runs/2026-01.json', encodeMonth(rows));
  objects.seed('blobs/sha256/ab/abcd', Buffer.alloc(1000));
  objects.seed('from/elsewhere', Buffer.alloc(5));
  const { metrics, text } = await openMetrics();
  const warnings: string[] = [];
  const readings = openStoreReadings(
    {
      ...{ store: openStoreOn(objects), metrics },
      schedules: async () => [
        { name: 'nightly', createdAt: new Date('2026-01-01T00:00:00Z') },
        { name: 'new', createdAt: new Date('2026-01-30T00:00:00Z') },
      ],
      disks: { folders: { scratch }, low: 2e9 },
      warn: (error) => warnings.push(error.message),
    },
    isOfPipeline,
    () => state.now,
  );
  state.now = 1_000;
  return { calls, state, objects, text, warnings, readings };
}

test('runs by status, nights, bytes and disks are read once a minute at most, and beside who asks', async () => {
  const { calls, state, objects, text, readings } = await opened(true);
  readings.renew();
  // What asks is answered with what is known: nothing yet.
  expect(await text()).not.toMatch(/^atelier_runs/m);
  await expect.poll(text).toMatch(/^atelier_index_read_timestamp_seconds 1$/m);
  await expect.poll(text).toContain('atelier_stored_bytes{folder="blobs"} 1000');
  await expect.poll(text).toContain('atelier_disk_free_bytes{folder="scratch"}');
  const known = await text();
  expect(known).toContain('atelier_runs{status="finished"} 1');
  expect(known).toContain('atelier_runs{status="parked"} 1');
  expect(known).toContain('atelier_runs{status="failed"} 0');
  expect(known).toContain('atelier_stored_objects{folder="other"} 1');
  expect(known).toContain('atelier_disk_low_bytes 2000000000');
  expect(known).toContain(
    `atelier_last_finished_night_timestamp_seconds{schedule="nightly"} ${Date.parse('2026-01-31T03:00:00Z') / 1000}`,
  );

  expect(known).toContain(
    `atelier_schedule_created_timestamp_seconds{schedule="new"} ${Date.parse('2026-01-30T00:00:00Z') / 1000}`,
  );
  expect(known).not.toContain('atelier_last_finished_night_timestamp_seconds{schedule="new"}');

  const before = calls.length;
  state.now = 59_000;
  readings.renew();
  expect(calls).toHaveLength(before);
  objects.seed('index/runs/2026-01.json', encodeMonth([night('a'), night('b')]));
  state.now = 61_000;
  readings.renew();
  await expect.poll(text).toContain('atelier_runs{status="finished"} 2');
});

test('what takes long is read more rarely', async () => {
  const { calls, state, text, readings } = await opened(true);
  state.callMs = 2_000;
  readings.renew();
  await expect.poll(text).toContain('atelier_stored_bytes{folder="blobs"} 1000');
  await expect.poll(text).toContain('atelier_runs{status="parked"} 1');
  state.callMs = 0;
  const before = calls.length;
  state.now += 100_000;
  readings.renew();
  await sleep(20);
  expect(calls).toHaveLength(before);
  state.now += 10 * 60_000;
  readings.renew();
  await expect.poll(() => calls.length).toBeGreaterThan(before);
});

test('a store that is away is told of once; what was known stays', async () => {
  const { state, text, warnings, readings } = await opened(true);
  readings.renew();
  await expect.poll(text).toContain('atelier_stored_bytes{folder="blobs"} 1000');
  await expect.poll(text).toContain('atelier_runs{status="parked"} 1');
  state.isAway = true;
  for (const now of [100_000, 200_000, 300_000]) {
    state.now = now;
    readings.renew();
    await expect.poll(() => warnings).toEqual(['away']);
  }
  expect(await text()).toContain('atelier_runs{status="parked"} 1');
});

test('a machine that only trains tells of its disk alone', async () => {
  const { calls, text, readings } = await opened(false);
  readings.renew();
  await expect.poll(text).toContain('atelier_disk_free_bytes{folder="scratch"}');
  expect(calls).toEqual([]);
  expect(await text()).not.toMatch(/^atelier_index_read_timestamp_seconds/m);
});
