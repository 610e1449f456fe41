import { readFileSync } from 'node:fs';
import {
  DamagedBlob,
  type StageRecord,
  type StageSchemas,
  stageRecordSchema,
} from '@atelier/artifacts';
import { recipeSchema } from '@atelier/train/recipe';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { claim, WrongArtifact } from '../recorded-artifacts.ts';
import type { Store } from '../run-store.ts';
import { planStage } from '../stages/plan.ts';
import { trainPlan } from '../stages/train/plan.ts';
import { dependenciesOf, stageFingerprint, throughCache } from './stage-cache.ts';

const recorded = (name: string) =>
  JSON.parse(
    readFileSync(new URL(`../../test/recorded/default/${name}.json`, import.meta.url), 'utf8'),
  );
const code = { sources: 'a'.repeat(64) };
const run = { runId: 'now', workflowId: 'train-now', executionId: 'e', startedAt: '2026' };

test('a field added to the recipe changes no fingerprint until it is set', () => {
  const record = stageRecordSchema(trainPlan.record).parse(recorded('train'));
  const { configuration, stages } = recorded('run');
  const { network, recipe, seed } = configuration;
  // As if an exponential moving average of the parameters had been brought in.
  const average = z.number().min(0).max(1).default(0).meta({ added: true });
  const newer = recipeSchema.extend({ average });
  const plan = { ...trainPlan, input: trainPlan.input.extend({ recipe: newer }) };
  const given = (extra: object) =>
    plan.input.parse({
      ...{ run, settings: {}, data: stages.data, network, recipe: { ...recipe, ...extra }, seed },
    });
  expect(given({}).recipe).toMatchObject({ average: 0 });
  for (const before of [{}, { average: 0 }])
    expect(stageFingerprint(plan, given(before))).toBe(record.fingerprint);
  expect(dependenciesOf(plan, given({ average: 0.99 })).recipe).toMatchObject({ average: 0.99 });
  expect(stageFingerprint(plan, given({ average: 0.99 }))).not.toBe(record.fingerprint);
});

const plan = planStage({
  ...{ name: 'count', activity: 'count', version: 1, title: 'Count', timeout: '1m' },
  input: { seed: z.int() },
  dependsOn: ({ seed }) => ({ seed }),
  outputs: ['sum'],
  summary: z.object({ total: z.number(), rounded: z.boolean().default(false) }),
  files: {},
});

/**
 * Does the stage's work, forced, where a record of another run lies already; then takes the record.
 * @param check of the record
 */
async function doneAgain(before: string, now: string, check = async () => {}) {
  const ref = (digit: string) => ({ sha256: digit.repeat(64), bytes: 1 });
  const input = plan.input.parse({ run, fresh: true, settings: {}, seed: 1 });
  const record = {
    ...{ schemaVersion: 1, stage: 'count', version: 1, inputs: { seed: 1 }, environment: null },
    fingerprint: stageFingerprint(plan, input),
    ...{ outputs: { sum: ref(before) }, summary: { total: 3 }, madeBy: 'earlier' },
    timing: { startedAt: '2026-01-31T02:00:00Z', finishedAt: '2026-01-31T02:00:01Z', seconds: 1 },
  };
  const store = {
    readStage: async (stage: StageSchemas) => stageRecordSchema(stage).parse(record),
    commitStage: async (_: StageSchemas, done: StageRecord) => done,
    recentStages: async () => [],
    inspectBlob: async () => undefined,
    setStageAside: async () => 'set-aside/x',
  } as unknown as Store;
  const notices: string[] = [];
  const tell = (news: { notices?: string[] }) => void notices.push(...(news.notices ?? []));
  const context = { signal: new AbortController().signal, tell, code };
  const work = async () => ({
    ...{ outputs: { sum: ref(now) }, summary: { total: 3, rounded: false } },
  });
  const forced = await throughCache(store, { plan, input, context, check, work });
  const { fresh: _, ...unforced } = input;
  const hit = await throughCache(store, { plan, input: unforced, context, check, work });
  return { forced, hit, notices };
}

test('work that is done again tells people whether it gave the same', async () => {
  const same = await doneAgain('a', 'a');
  expect(same.notices).toEqual([
    'Stage count gave what run earlier had given, whose record stands.',
  ]);
  const other = await doneAgain('a', 'b');
  expect(other.notices).toEqual([
    'Stage count did not reproduce what run earlier had given: that record is set aside.',
  ]);
  expect(other.forced.cache.hit).toBe(false);
});

test("a record's summary from before a field existed is read with the field's default", async () => {
  const { hit } = await doneAgain('a', 'a');
  expect(hit).toMatchObject({ cache: { hit: true }, summary: { total: 3, rounded: false } });
});

test('a record that is wrong is set aside and told of, and its work done again', async () => {
  const { hit, notices } = await doneAgain('a', 'a', async () =>
    claim('its summary', { total: 3 }, { total: 4 }),
  );
  const problem = 'its summary: it is not what the artifacts show';
  expect(hit.cache).toEqual({ hit: false, why: `its record was wrong (${problem}): done again` });
  expect(notices.at(-1)).toBe(
    `The record of stage count is not used (${problem}); it lies in set-aside/x.`,
  );
});

test('a damaged artifact of a record is made again; one of an earlier stage is not its business', async () => {
  const damaged = (digit: string) => async () => {
    const ref = { sha256: digit.repeat(64), bytes: 1 };
    throw new DamagedBlob(ref, 'damaged', { what: 'x' });
  };
  const { hit } = await doneAgain('a', 'a', damaged('a'));
  expect(hit.cache.why).toBe('its artifact sum is damaged: done again');
  await expect(doneAgain('a', 'a', damaged('b'))).rejects.toBeInstanceOf(DamagedBlob);
});

test('numbers agree that differ in their last digits only', () => {
  expect(() => claim('x', { a: [0.1 + 0.2, 'b'] }, { a: [0.3, 'b'] })).not.toThrow();
  expect(() => claim('x', 0.9214, 0.9999)).toThrow(WrongArtifact);
  expect(() => claim('x', 3, '3')).toThrow(WrongArtifact);
});
