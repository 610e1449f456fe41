import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { shardsOf } from '@atelier/data';
import { sha256Of } from '@atelier/files';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { type AtelierStack, quick, shareAtelierStack } from './atelier-stack.ts';
import { checkpointsOf, trainings, untilCommitted } from './commits.ts';
import { reportNumbers } from './report-numbers.ts';
import { signal, untilTrainer, untilWorker } from './worker-processes.ts';

/** Images of a shard of 1 MiB. */
const inShard = Math.floor(2 ** 20 / 28 ** 2);
const counts = { train: 2_800, validation: 1_400, test: 1_400 };
const epochs = 8;

let at: AtelierStack;
let dataset: string;

beforeAll(async () => {
  at = await shareAtelierStack();
  dataset = await at.dataset('shards', {
    train: counts.train,
    test: counts.validation + counts.test,
  });
});

/** Evaluation in batches of which none reaches into the next shard: the last bits depend on them. */
const always = [...quick, '--epochs', `${epochs}`, '--evaluationBatch', `${inShard}`];
const start = (run: string, ...flags: string[]) =>
  at.atelier(['start', '--dataset', dataset, '--run', run, ...always, ...flags]);

const trainingOf = async (run: string) => (await at.runRecord(run)).stages.train;

test('a run on shards whose trainer was killed gives the checkpoints and answers of one on whole files', async () => {
  const before = await trainings(at);
  const whole = await start('on-files');
  expect(whole.code, whole.stderr).toBe(0);
  const known = await trainings(at);
  expect(known).toHaveLength(before.length + 1);
  const running = start('on-shards', '--heldMiB', '1');
  const training = await untilCommitted(at, 2, known);
  signal(await untilTrainer(await untilWorker(at)), 'SIGKILL');
  const { code, stderr } = await running;
  expect(code, stderr).toBe(0);

  const [files, shards] = await Promise.all(['on-files', 'on-shards'].map(at.runRecord));
  const partsOf = (split: string) =>
    Object.keys(shards!.stages.data.outputs).filter((name) => name.startsWith(`${split}-`));
  for (const [split, count] of Object.entries(counts))
    expect(partsOf(split)).toHaveLength(Math.ceil(count / inShard));
  expect(shards!.stages.data.outputs.manifest).toEqual(files!.stages.data.outputs.manifest);
  // It was resumed, and not trained a second time.
  expect(shards!.stages.train.summary.resumedAfter).toBeGreaterThanOrEqual(2);
  expect(await checkpointsOf(at, training)).toEqual(
    await checkpointsOf(at, (await trainingOf('on-files')).fingerprint),
  );
  for (const stage of ['select', 'evaluate'] as const)
    expect(shards!.stages[stage].outputs).toEqual(files!.stages[stage].outputs);
});

/** A run's files, fetched. */
async function fetched(run: string): Promise<(file: string) => Promise<string>> {
  const out = join(at.folder, run);
  if (!existsSync(out)) expect((await at.atelier(['fetch', run, '--out', out])).code).toBe(0);
  return (file) => readFile(join(out, file), 'utf8');
}

const pictures = (page: string) => page.match(/data:image\/png;base64,[^"]+/g);

test('its report shows the pictures and numbers of the other', async () => {
  const [files, shards] = [await fetched('on-files'), await fetched('on-shards')];
  const numbers = async (of: typeof files) => {
    const { training: _, ...rest } = reportNumbers(await of('report.json')) as { training: string };
    return rest;
  };
  expect(await numbers(shards)).toEqual(await numbers(files));
  const shown = pictures(await files('report.html'));
  expect(shown!.length).toBeGreaterThanOrEqual(40);
  expect(pictures(await shards('report.html'))).toEqual(shown);
});

test('the fetched test split is whole', async () => {
  await fetched('on-shards');
  const folder = join(at.folder, 'on-shards', 'data');
  const shards = await shardsOf(join(folder, 'test.safetensors'));
  const parts = (await readdir(folder)).filter((name) => /^test-\d+/.test(name)).sort();
  const digests = await Promise.all(parts.map((name) => sha256Of(join(folder, name))));
  expect(shards!.length).toBeGreaterThan(1);
  expect(digests).toEqual(shards!.map(({ sha256 }) => sha256));
});

test('a comparison shows the images that the dataset has in these places', async () => {
  const other = await start('other', '--epochs', '1');
  expect(other.code, other.stderr).toBe(0);
  const path = join(at.folder, 'compared.html');
  const { code, stderr } = await at.atelier(['compare', 'on-shards', 'other', '--html', path]);
  expect(code, stderr).toBe(0);
  const file = join(dirname(dataset), 'test-images-idx3-ubyte.gz');
  const headerBytes = 16;
  const official = gunzipSync(await readFile(file)).subarray(headerBytes);
  const shown = (await readFile(path, 'utf8')).matchAll(
    /data:image\/png;base64,([^"]+)"[^>]*alt="Test image (\d+):/g,
  );
  let count = 0;
  for (const [, png, index] of shown) {
    const pixels = await sharp(Buffer.from(png!, 'base64')).toColourspace('b-w').raw().toBuffer();
    expect(pixels.equals(official.subarray(784 * Number(index), 784 * (Number(index) + 1)))).toBe(
      true,
    );
    count += 1;
  }
  expect(count).toBeGreaterThan(0);
});

test('an export is read back on all test images, and the run says what a picture shows', async () => {
  const out = join(at.folder, 'exported');
  await mkdir(out);
  const exported = await at.atelier([
    'export',
    'on-shards',
    '--format',
    'js',
    '--out',
    join(out, 'model'),
    '--json',
  ]);
  expect(exported.code, exported.stderr).toBe(0);
  expect(exported.json()).toMatchObject({ images: counts.test });
  const picture = join(out, 'grey.png');
  await sharp({ create: { width: 28, height: 28, channels: 3, background: '#777' } })
    .png()
    .toFile(picture);
  const { code, stdout, stderr } = await at.atelier(['predict', 'on-shards', picture, '--json']);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout).pictures).toEqual([{ picture, top: expect.any(Array) }]);
});
