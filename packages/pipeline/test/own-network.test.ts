import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type BlobRef, blobKey, openObjects } from '@atelier/artifacts';
import { memoryObjects } from '@atelier/artifacts/testing';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scheduleNames } from '../src/nights/schedules.ts';
import { usualTerms } from '../src/retention/condemned.ts';
import { namesOfRun } from '../src/retention/document-names.ts';
import { removeRuns } from '../src/retention/remove-runs.ts';
import { openStoreOn } from '../src/run-store.ts';
import { type AtelierStack, quick, shareAtelierStack } from './atelier-stack.ts';
import { until } from './until.ts';

let at: AtelierStack;
let dataset: string;

beforeAll(async () => {
  at = await shareAtelierStack();
  dataset = await at.dataset('own-network');
});
afterAll(() => at?.stop());

const own = quick.filter(
  (flag, i) => ![flag, quick[i - 1]].some((it) => it === '--widths' || it === '--residual'),
);

const start = (run: string, ...flags: string[]) =>
  at.atelier(['start', '--dataset', dataset, '--run', run, '--json', ...own, ...flags]);

test('the written network trains as it is, and goes on without its file', async () => {
  const file = join(at.folder, 'mine.ts');
  expect((await at.atelier(['new', 'network', file])).code).toBe(0);
  const again = await at.atelier(['new', 'network', file]);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('such a file already') });
  const alone = "if (!process.send) throw new Error('It is run by no parent.');";
  await appendFile(file, alone);
  const flags = ['--epochs', '2', '--keepCheckpoints', 'all'];
  const network = ['--network', file, '--networkOptions', 'width=16'];
  const first = await start('own', ...flags, ...network);
  expect(first.code, first.stderr).toBe(0);
  const record = await at.runRecord('own');
  expect(record.configuration.network).toMatchObject({
    ...{ architecture: 'module', name: 'mine.ts', options: { width: 16, dropout: 0.2 } },
    multiplyAdds: 28 * 28 * 16 + 16 * 16 + 16 * 10,
  });
  const names = namesOfRun(record)!.names.blobs;
  const { network: made } = record.configuration;
  if (made.architecture !== 'module') throw new Error('It is of another kind.');
  expect(names.get(made.module.sha256)).toBe(made.module.bytes);
  const card = (await at.store.getRunFile('own', 'model-card.md'))!.toString();
  expect(card).toContain('the module mine.ts (SHA-256 ');

  await keptBySchedule(file, made.module);
  const text = await readFile(file, 'utf8');
  await rm(file);
  const exported = await at.atelier(['export', 'own', '--format', 'js', '--json']);
  expect(exported.code, exported.stderr).toBe(0);

  // Killed in its second epoch: the same bits, from the same text wherever it lies.
  const { fingerprint } = record.stages.train;
  const digests = async () =>
    (await at.store.readEpochs(fingerprint)).commits.map((it) => it.checkpoint.sha256);
  const before = await digests();
  const objects = openObjects(at.stack.state.s3);
  await objects.remove(`stages/train/${fingerprint}/epochs/0002.json`);
  await objects.remove(`stages/train/${fingerprint}.json`);
  await writeFile(join(at.folder, 'own-network', 'mine.ts'), text);
  const elsewhere = [
    '--network',
    join(at.folder, 'own-network', 'mine.ts'),
    network[2]!,
    network[3]!,
  ];
  expect((await start('own-again', ...flags, ...elsewhere)).code).toBe(0);
  const { train, evaluate } = (await at.runRecord('own-again')).stages;
  expect(train).toMatchObject({ fingerprint, summary: { resumedAfter: 1 } });
  expect(evaluate.cache.hit).toBe(true);
  expect(await digests()).toEqual(before);
});

/** What a schedule's nights will need stays, also before the first one. */
async function keptBySchedule(file: string, module: BlobRef): Promise<void> {
  const flags = ['--name', 'own', '--cron', '0 0 29 2 *', '--dataset', dataset];
  const options = ['--network', file, '--networkOptions', 'width=16'];
  const made = await at.atelier(['schedule', ...flags, ...options]);
  expect(made.code, made.stderr).toBe(0);
  const objects = memoryObjects();
  objects.seed(blobKey(module), await at.store.getBlob(module));
  const connection = await Connection.connect({ address: at.stack.state.temporal.address });
  const services = { store: openStoreOn(objects), client: new Client({ connection }) };
  const later = () => Date.now() + 2 * usualTerms.grace;
  // Temporal's list lags behind.
  const listed = (is: boolean) =>
    until(
      'the list of schedules',
      async () => (await scheduleNames(services.client)).includes('own') === is || undefined,
    );
  const removed = async () => (await removeRuns(services, () => [], later)).objects;
  try {
    await listed(true);
    expect(await removed()).toBe(0);
    expect((await at.atelier(['unschedule', '--name', 'own'])).code).toBe(0);
    await listed(false);
    expect(await removed()).toBe(1);
  } finally {
    await connection.close();
  }
}

/** Tensors of its own: what only operations of tfjs can compute. */
const withTensors = `
import * as tf from '@tensorflow/tfjs-core';
import { kernel } from './sizes.ts';
export const tensors = ({ image, classes }) => [
  { name: 'conv.weight', shape: [kernel, kernel, image.channels, 4] },
  { batchNorm: 'norm', features: 4 },
  { name: 'head.weight', shape: [4, classes] },
];
export function forward(x, { parameters, batchNorm, layers, image }) {
  const h = tf.conv2d(layers.images(x, image), parameters['conv.weight'], 2, 'same');
  return tf.matMul(tf.mean(tf.relu(batchNorm(h, 'norm')), [1, 2]), parameters['head.weight']);
}`;

test('operations of tfjs train, too; what is wrong with a module is said with its place', async () => {
  const file = join(at.folder, 'tensors.ts');
  const write = (text: string) => writeFile(file, text);
  await writeFile(join(at.folder, 'sizes.ts'), 'export const kernel: number = 5;');
  await write(withTensors);
  const network = ['--epochs', '1', '--network', file];
  const result = await start('tensors', ...network);
  expect(result.code, result.stderr).toBe(0);
  const refused = await at.atelier(['export', 'tensors', '--format', 'js']);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/computes with tensors[\s\S]*--format savedmodel, onnx or tfjs/),
  });
  const model = join(at.folder, 'tensors-tfjs');
  const exported = ['export', 'tensors', '--format', 'tfjs', '--out', model, '--json'];
  const { code: written, stderr: said, stdout } = await at.atelier(exported);
  expect(written, said).toBe(0);
  // Read back by TensorFlow.js, all test images.
  expect(JSON.parse(stdout).largestDifference).toBeLessThan(1e-5);
  expect(
    JSON.parse(stdout).files.map(({ path }: { path: string }) => relative(model, path)),
  ).toEqual(['model.json', 'group1-shard1of1.bin']);

  await write(withTensors.replace("parameters['head.weight'])", "parameters['tail'].x)"));
  const { code, stderr } = await start('wrong', ...network);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/module fails: Cannot read[\s\S]*where: tensors\.ts:11:/),
  });
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(await at.store.getRunFile('wrong', 'run.json')).toBeUndefined();
});
