import { readFileSync } from 'node:fs';
import { canonicalJson, fingerprint, type Json, stageRecordSchema } from '@atelier/artifacts';
import { expect, test } from 'vitest';
import { runConfigSchema } from '../run-configuration.ts';
import { dependenciesOf, stageFingerprint } from '../stage-cache/stage-cache.ts';
import { type Outcomes, planOf, type StageName, type StagePlan, stagePlans } from './index.ts';

const recorded = (name: string) =>
  JSON.parse(
    readFileSync(new URL(`../../test/recorded/default/${name}.json`, import.meta.url), 'utf8'),
  );
const run = recorded('run');
const { dataset, splitSeed, network, recipe, seed } = runConfigSchema.parse(run.configuration);
const { data, train, select, evaluate } = run.stages as Outcomes;

/** What the workflow gives each stage, made of the default run's recorded configuration. */
const inputs: Partial<Record<StageName, object>> = {
  data: { dataset, splitSeed },
  train: { data, network, recipe, seed },
  select: { data, train },
  evaluate: { data, select },
  report: {
    dataset: dataset.name,
    network,
    recipe,
    seed,
    outcomes: { data, train, select, evaluate },
  },
};

// Recorded by a run of 27 November 2026. A stage whose results changed since has a higher version;
// what it depends on is the same. Another fingerprint here means that all earlier work is lost.
const thatRan = stagePlans.filter(({ name }) => name in inputs);

test.each(thatRan)('stage $name of a default run has the fingerprint that it had', (plan) => {
  const record = stageRecordSchema(plan.record).parse(recorded(plan.name));
  const identity = { runId: 'r', workflowId: 'train-r', executionId: 'e', startedAt: '2026' };
  const input = plan.input.parse({
    ...{ run: identity, settings: {}, ...inputs[plan.name as StageName] },
  });
  const asRecorded: StagePlan = { ...plan, version: record.version };
  expect(canonicalJson(dependenciesOf(plan, input) as Json)).toBe(canonicalJson(record.inputs));
  expect(stageFingerprint(asRecorded, input)).toBe(record.fingerprint);
  expect(plan.version).toBeGreaterThanOrEqual(record.version);
});

test('the work that decides what a model is has kept its version', () => {
  const versions = stagePlans.map(({ name, version }) => [name, version]);
  expect(versions.slice(0, 3)).toEqual([
    ['data', 1],
    ['train', 3],
    ['select', 1],
  ]);
});

test("another value is another stage's work", () => {
  const record = stageRecordSchema(planOf('train')!.record).parse(recorded('train'));
  const { recipe, ...others } = record.inputs;
  const changed = { ...(recipe as object), clipNorm: 2 };
  const { stage, version } = record;
  expect(fingerprint({ stage, version, inputs: { recipe, ...others } })).toBe(record.fingerprint);
  expect(fingerprint({ stage, version, inputs: { recipe: changed, ...others } })).not.toBe(
    record.fingerprint,
  );
});
