import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openObjects } from '@atelier/artifacts';
import { syntheticDataset } from '@atelier/data/testing';
import { reportSchema } from '@atelier/report/schema';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { pipelineQueue, workflowIdOf, workflowType } from '../src/names.ts';
import { type AtelierStack, startAtelierStack } from './atelier-stack.ts';
import { edits, subset } from './record-matrix/edits.ts';
import { openRecordBench } from './record-matrix/record-bench.ts';
import { runEdit } from './record-matrix/run-edits.ts';

// The store that a run named `recorded` left on 27 November 2026. What was added to configurations
// since then is in none of it.
const folder = fileURLToPath(new URL('recorded/bucket/', import.meta.url));
const keys = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length));
const training = '46de61d7cee9fa3d78e58f48d7b0a847f118c80935e50fd56df3ab63733ae6f1';

let at: AtelierStack;
let connection: Connection;
let dataset: string;

beforeAll(async () => {
  at = await startAtelierStack();
  connection = await Connection.connect({ address: at.stack.state.temporal.address });
  const small = { train: 120, test: 60, classes: 4, height: 12, width: 12 };
  dataset = await syntheticDataset({ directory: at.folder, name: 'recorded', ...small });
});
afterAll(async () => {
  await connection?.close();
  await at?.stop();
});

beforeEach(async () => {
  const objects = openObjects(at.stack.state.s3);
  for (const { key } of await objects.list('stages/')) await objects.remove(key);
  for (const key of keys) await objects.put(key, readFileSync(join(folder, key)));
});

const flags = ['--epochs', '3', '--widths', '8,8', '--residual', '2', '--batchSize', '32'];
const start = (run: string) =>
  at.atelier(['start', '--dataset', dataset, ...flags, '--learningRate', '0.01', '--run', run]);

test('the same start takes the work that was done before fields were added', async () => {
  const { code, stderr, stdout } = await start('hit');
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('already done by run recorded');
  const { data, train, select, evaluate } = (await at.runRecord('hit')).stages;
  for (const { cache } of [data, train, select])
    expect(cache).toEqual({ hit: true, why: 'done by run recorded' });
  expect(train.fingerprint).toBe(training);
  expect(evaluate.summary.testAccuracy).toBeCloseTo(28 / 30, 10);
  const out = join(at.folder, 'hit');
  expect((await at.atelier(['fetch', 'hit', '--out', out])).code).toBe(0);
  const report = reportSchema.parse(JSON.parse(await readFile(join(out, 'report.json'), 'utf8')));
  expect(report.training.lineage).toMatchObject([{ first: 1, last: 3, run: 'recorded' }]);
});

test('a run of before fields were added goes on from its newest epoch', async () => {
  const objects = openObjects(at.stack.state.s3);
  await objects.remove(`stages/train/${training}.json`);
  await objects.remove(`stages/train/${training}/epochs/0003.json`);
  const { configuration } = JSON.parse(
    readFileSync(join(folder, 'runs/recorded/run.json'), 'utf8'),
  );
  // As in the history of a run, or a schedule, that began before these fields existed.
  const { engine: _, ...recipe } = configuration.recipe;
  const { dropoutAt: __, ...network } = configuration.network;
  const config = { ...configuration, recipe, network, mirrors: [`file://${at.folder}`] };
  const handle = await new Client({ connection }).workflow.start(workflowType, {
    ...{ workflowId: workflowIdOf('resumed'), taskQueue: pipelineQueue, args: [config] },
  });
  expect(await handle.result()).toMatchObject({ runId: 'resumed' });
  const { stages } = await at.runRecord('resumed');
  expect(stages.data.cache.hit).toBe(true);
  expect(stages.train).toMatchObject({
    fingerprint: training,
    summary: { epochs: 3, resumedAfter: 2 },
  });
  expect(await objects.list('set-aside/')).toEqual([]);
});

test('what that run left can be fetched and shown', async () => {
  const out = join(at.folder, 'old');
  expect((await at.atelier(['fetch', 'recorded', '--out', out])).code).toBe(0);
  expect(await readFile(join(out, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
});

test('after an edit of what is stored, an equal run ends as if nothing had been edited', async () => {
  const { configuration } = await at.runRecord('hit');
  const config = { ...configuration, keepCheckpoints: 'all' as const };
  const bench = await openRecordBench(at, new Client({ connection }), config);
  const ends: Record<string, string> = {};
  for (const edit of edits.filter(({ name }) => subset.includes(name))) {
    const { problem = 'right' } = await runEdit(bench, edit);
    ends[edit.name] = problem;
  }
  expect(ends).toEqual(Object.fromEntries(subset.map((name) => [name, 'right'])));
}, 600_000);
