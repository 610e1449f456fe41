import { UserError, WorldError } from '@atelier/errors';
import { openMetrics } from '@atelier/telemetry';
import { expect, test } from 'vitest';
import { countedStage } from './counted-stage.ts';
import { explain } from './open-telemetry.ts';

test('attempts are counted by how they end, but not one that was interrupted', async () => {
  const { metrics, text } = await openMetrics();
  const counted = countedStage('train', { metrics });
  const { signal } = new AbortController();
  const why = 'done by run r';
  for (const hit of [true, false, false])
    await counted(signal, async () => ({ cache: { hit, why } }));
  for (const error of [new UserError({ what: 'bad' }), new WorldError({ what: 'away' })])
    await expect(counted(signal, () => Promise.reject(error))).rejects.toBe(error);
  const aborted = AbortSignal.abort();
  await expect(counted(aborted, () => Promise.reject(aborted.reason))).rejects.toThrow();
  const lines = (await text()).split('\n').filter((line) => /^atelier_stage\w+{/.test(line));
  expect(lines).toEqual([
    'atelier_stages_total{stage="train",cache="hit"} 1',
    'atelier_stages_total{stage="train",cache="miss"} 2',
    'atelier_stage_failures_total{stage="train",kind="user"} 1',
    'atelier_stage_failures_total{stage="train",kind="world"} 1',
  ]);
});

test('a span says what failed in own words, and of a library the name of its error alone', () => {
  const where = 'https://ada:password@s3.example';
  expect(explain(new WorldError({ what: 'The store is away.', where }))).toBe('The store is away.');
  expect(explain(new TypeError('fetch of https://ada:password@s3.example failed'))).toBe(
    'TypeError',
  );
});
