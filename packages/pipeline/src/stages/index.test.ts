import { readFileSync } from 'node:fs';
import { settingsOf } from '@atelier/settings';
import { expect, test } from 'vitest';
import { stageSettingsSchema } from '../configuration/stage-settings.ts';
import { pipelineQueue, trainQueue } from '../names.ts';
import { noTelemetry } from '../telemetry/telemetry.ts';
import { createStageActivities } from './activities.ts';
import { filesOf, type Outcomes, resultOf, stageNames, stagePlans } from './index.ts';

const { stages } = JSON.parse(
  readFileSync(new URL('../../test/recorded/default/run.json', import.meta.url), 'utf8'),
) as { stages: Outcomes };

test('every stage has the activity of its plan, on the queue of its plan', async () => {
  const means = {
    ...{ store: {} as never, cacheDirectory: '/nowhere', trainingCapacity: 1 },
    proxies: {} as never,
    disks: {} as never,
    code: { sources: '' },
    telemetry: noTelemetry,
    demandsSignature: false,
  };
  const served = await Promise.all(
    [pipelineQueue, trainQueue].map((queue) => createStageActivities(queue, means)),
  );
  const names = served.map((activities) => Object.keys(activities));
  // Histories hold these names: they stay.
  expect(names[0]).toEqual(expect.arrayContaining(['prepareData', 'select', 'evaluate', 'report']));
  expect(names[1]).toContain('train');
  const planned = stagePlans.map(({ activity }) => activity);
  expect(names.flat().sort()).toEqual([...planned, 'weighCandidate'].sort());
});

test('what is published is among the files, and settings name stages that there are', () => {
  for (const { files, published = [] } of stagePlans)
    for (const name of published) expect(Object.keys(files)).toContain(name);
  for (const { stages: names } of settingsOf(stageSettingsSchema))
    for (const name of names ?? []) expect(stageNames).toContain(name);
});

test('a run with fewer stages is known by the results and files that it has', () => {
  const run = { runId: 'r', workflowId: 'train-r', executionId: 'e', startedAt: '2026' };
  const { data, train, select } = stages;
  const result = resultOf(run, { data, train, select });
  expect(result).toMatchObject({ bestEpoch: 95, validationAccuracy: 0.9128 });
  expect(result.testAccuracy).toBeUndefined();
  expect(Object.keys(result.stages)).toEqual(['data', 'train', 'select']);
  expect(Object.keys(filesOf({ data, train, select }))).toEqual([
    'model/model.safetensors',
    'model/selection.json',
    'model/history.json',
    'data/dataset.json',
    'data/validation.safetensors',
    'data/test.safetensors',
  ]);
});

test('an artifact’s parts are files beside it, in their order', () => {
  const { test, ...others } = stages.data.outputs;
  const parts = { 'test-10000': test, 'test-0002': test, 'test-0001': test, 'train-0001': test };
  const data = { ...stages.data, outputs: { ...others, ...parts, test } };
  expect(Object.keys(filesOf({ data })).slice(-4)).toEqual([
    'data/test.safetensors',
    'data/test-0001.safetensors',
    'data/test-0002.safetensors',
    'data/test-10000.safetensors',
  ]);
});
