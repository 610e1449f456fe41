import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobKey, fingerprint, openObjects, sha256 } from '@atelier/artifacts';
import { decodeSplit } from '@atelier/data';
import { imageAt } from '@atelier/data/image-shape';
import { decodePredictions } from '@atelier/evaluate';
import { reportSchema } from '@atelier/report/schema';
import { decodeSafetensors } from '@atelier/safetensors';
import { type ArrivedSpan, type Collector, openCollector } from '@atelier/telemetry/testing';
import { Client, Connection } from '@temporalio/client';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verify } from '../src/commands/verify-command.ts';
import { showPrune } from '../src/commands/weekly-prune.ts';
import { existingSchedule } from '../src/nights/schedules.ts';
import { readPublicKey, writeNewKey } from '../src/provenance/keys.ts';
import { requireSignature, signatureFile } from '../src/provenance/run-signature.ts';
import { provenanceFile } from '../src/provenance/statement.ts';
import { readIndex } from '../src/record/run-index.ts';
import { decide } from '../src/registry/decision-log.ts';
import { findDamage } from '../src/retention/find-damage.ts';
import { pastPrunes } from '../src/retention/prune-schedule.ts';
import { readCensus } from '../src/retention/read-census.ts';
import type { Usage } from '../src/retention/usage.ts';
import type { EpochCommit } from '../src/run-store.ts';
import { evaluatePlan } from '../src/stages/evaluate/plan.ts';
import { reportPlan } from '../src/stages/report/plan.ts';
import { trainPlan } from '../src/stages/train/plan.ts';
import type { Console } from '../src/terminal/console.ts';
import { type AtelierStack, type RunJson, startAtelierStack } from './atelier-stack.ts';
import { raceSweep } from './sweep-race.ts';
import { until } from './until.ts';

let at: AtelierStack;
let collector: Collector;
let dataset: string;
let first: RunJson;
const collectorToken = 'token-of-the-collector';
const stages = ['data', 'train', 'select', 'evaluate', 'report'] as const;
const key = () => join(at.folder, 'me.pem');

beforeAll(async () => {
  collector = await openCollector();
  at = await startAtelierStack({
    metrics: true,
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${collectorToken}`,
    },
  });
  dataset = await at.dataset('whole');
});
afterAll(async () => {
  await at?.stop();
  collector?.close();
});

const keepAll = ['--keepCheckpoints', 'all'];
const start = (...flags: string[]) =>
  at.atelier(['start', '--dataset', dataset, '--epochs', '6', '--batchSize', '32', ...flags]);

async function training(run: string): Promise<{ name: string; commits: EpochCommit[] }> {
  const name = (await at.runRecord(run)).stages.train.fingerprint;
  return { name, commits: (await at.store.readEpochs(name)).commits };
}

test('one command leads from raw files to a report', async () => {
  const result = await start('--run', 'first', '--json');
  expect(result.stderr).toContain('Run first is finished.');
  expect(result.code).toBe(0);
  first = result.json();
  expect(first).toMatchObject({ runId: 'first', workflowId: 'train-first' });
  // Ten classes that a small network learns in six epochs; chance is 10 %.
  expect(first.testAccuracy).toBeGreaterThan(0.5);
  expect(Object.keys(first.seconds).sort()).toEqual([...stages].sort());
  expect(Object.values(first.cached)).toEqual([false, false, false, false, false]);
  for (const epoch of [1, 6]) expect(result.stderr).toMatch(new RegExp(`^ *${epoch}/6 `, 'm'));
  const { timeline, startedBy } = await at.runRecord('first');
  expect(timeline!.map(({ stage, attempts }) => [stage, attempts])).toEqual(
    stages.map((stage) => [stage, 1]),
  );
  expect(startedBy).toMatchObject({ kind: 'person' });
});

test('the run is one trace over workflow, activities, store and trainer, without a secret', async () => {
  const ends = () => collector.spans.filter(({ name }) => name === 'run');
  await expect.poll(() => ends().length, { timeout: 30_000 }).toBe(1);
  const [run] = ends();
  expect(run!.attributes).toMatchObject({
    'atelier.workflow': 'train-first',
    'atelier.status': 'finished',
  });
  await expect
    .poll(() => collector.spans.filter(({ name }) => name === 'activity closeRun').length)
    .toBe(1);
  const spans = collector.spans.filter(({ traceId }) => traceId === run!.traceId);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const above = ({ parentId }: ArrivedSpan) => byId.get(parentId)?.name;
  const placesOf = (name: string) => new Set(spans.filter((it) => it.name === name).map(above));
  for (const name of ['activity openRun', 'activity train', 'stage train', 'stage report'])
    expect(placesOf(name), name).toEqual(new Set(['run']));
  expect(placesOf('trainer')).toEqual(new Set(['activity train']));
  expect(placesOf('store put')).toContain('activity train');
  const epochs = spans.filter(({ name }) => name === 'epoch');
  expect(epochs.map(({ attributes }) => attributes['atelier.epoch'])).toEqual([1, 2, 3, 4, 5, 6]);
  expect(new Set(epochs.map(above))).toEqual(new Set(['trainer']));
  expect(spans.filter(({ failure }) => failure !== undefined)).toEqual([]);

  expect(collector.headers[0]!.authorization).toBe(collectorToken);
  const told = JSON.stringify([collector.spans, collector.resource]);
  const { accessKey, secretKey } = at.stack.state.s3;
  for (const secret of [collectorToken, accessKey, secretKey, at.stack.root.secretKey, 'X-Amz-'])
    expect(told).not.toContain(secret);
});

const metricsPage = async () => (await fetch(at.stack.state.metricsUrl!)).text();

test('metrics tell of the training, of the store and of the disk', async () => {
  const text = await metricsPage();
  for (const line of [
    'atelier_stages_total{stage="train",cache="miss"} 1',
    'atelier_training_epoch_seconds_count{dataset="whole"} 6',
    'atelier_commit_queue_epochs 0',
    'atelier_commit_queue_capacity_epochs 0',
    'atelier_trainings 0',
  ])
    expect(text).toContain(`\n${line}\n`);
  const value = (metric: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(metric))
        ?.split(' ')
        .at(-1),
    );
  const { commits } = await training('first');
  expect(value('atelier_training_steps_total{dataset="whole"}')).toBe(commits.at(-1)!.metrics.step);
  expect(value('atelier_training_loss{dataset="whole",split="validation"}')).toBe(
    commits.at(-1)!.metrics.validationLoss,
  );
  const puts = 'atelier_store_request_seconds_count{operation="put",outcome="ok"}';
  for (const metric of [puts, 'atelier_disk_free_bytes{folder="store"}'])
    expect(value(metric), metric).toBeGreaterThan(0);
  expect(text).not.toContain('first');
});

test('the report opens in a browser from object storage', async () => {
  const answer = await fetch(first.reportUrl);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await answer.text()).toMatch(/^<!doctype html>/i);
});

test('of the checkpoints those stay that the run wants kept, and an equal run finds its work done', async () => {
  const { name, commits } = await training('first');
  const { epoch: chosen } = (await at.runRecord('first')).stages.select.summary as {
    epoch: number;
  };
  const there = commits.map(
    async ({ checkpoint }) => (await at.store.inspectBlob(checkpoint)) === undefined,
  );
  expect(await Promise.all(there)).toEqual(
    commits.map(({ epoch }) => epoch === chosen || epoch === 6),
  );
  const listed = [...(await at.store.readThinned(name))!.values()];
  expect(listed).toEqual([1, 2, 3, 4, 5].filter((epoch) => epoch !== chosen));
});

test('a finished run is signed with a key of a person', async () => {
  const signed = await at.atelier(['sign', 'first', '--key', key(), '--new-key']);
  expect(signed.code, signed.output).toBe(0);
  expect(signed.stdout).toMatch(/Run first is signed by key [0-9a-f]{64}$/m);
});

test('everything can be fetched, and the numbers agree with the predictions', async () => {
  const out = join(at.folder, 'out');
  // The latest, by the pointer that its end has moved.
  const { code, output } = await at.atelier(['fetch', '--out', out, '--verify', `${key()}.pub`]);
  expect(code, output).toBe(0);
  const report = reportSchema.parse(JSON.parse(await readFile(join(out, 'report.json'), 'utf8')));
  expect(report.result.testAccuracy).toBe(first.testAccuracy);
  expect(report.training.lineage).toMatchObject([{ first: 1, last: 6, run: 'first' }]);
  expect(report.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
  const bytes = await readFile(join(out, 'evaluation/predictions.safetensors'));
  const { probabilities, labels, classes } = decodePredictions(bytes, 'predictions');
  const right = [...labels].filter((label, i) => {
    const row = [...probabilities.subarray(i * classes, (i + 1) * classes)];
    return row.indexOf(Math.max(...row)) === label;
  });
  expect(right.length / labels.length).toBe(first.testAccuracy);
  const model = await readFile(join(out, 'model/model.safetensors'));
  const { tensors, metadata } = decodeSafetensors(model, 'model');
  expect(tensors['fc1.weight']?.shape).toEqual([784, 144]);
  expect(metadata.epoch).toBe(String(first.bestEpoch));
  for (const name of ['report.html', 'model-card.md', 'data/dataset.json', 'run.json'])
    expect((await readFile(join(out, name))).length).toBeGreaterThan(500);
});

const lines: string[] = [];
const listening = {
  line: (text = '') => void lines.push(text),
  warn: (text: string) => void lines.push(text),
};
const verifyFolder = () =>
  verify(join(at.folder, 'out'), { key: `${key()}.pub` }, listening as Console);

test('what was fetched is as it was signed, until somebody changes it', async () => {
  const model = join(at.folder, 'out', 'model/model.safetensors');
  await verifyFolder();
  expect(lines.at(-1)).toMatch(/out, of run first, is as key [0-9a-f]{64} has signed it/);
  await writeFile(join(at.folder, 'out', 'more.sh'), 'echo');
  await verifyFolder();
  expect(lines.at(-2)).toBe('! "more.sh" is not among what is signed.');
  const bytes = await readFile(model);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(model, bytes);
  await expect(verifyFolder()).rejects.toThrow(/does not hold[\s\S]*model\.safetensors/);
});

test('a run that this key has not signed is neither fetched, exported nor served, where that is demanded', async () => {
  const other = join(at.folder, 'other.pem');
  await writeNewKey(other);
  const out = join(at.folder, 'unsigned');
  const variables = { ATELIER_VERIFY_KEY: `${other}.pub` };
  for (const command of [
    ['fetch', 'first', '--out', out],
    ['export', 'first', '--format', 'js', '--out', out],
    ['serve', 'first', '--port', '0'],
  ]) {
    const { code, stderr } = await at.atelier(command, variables);
    expect(code).toBe(1);
    expect(stderr).toMatch(/signature does not hold[\s\S]*none of its 1 signatures is by key/);
    expect(existsSync(out)).toBe(false);
  }
});

test('a model is exported once its reader says what the run said, and says what pictures show', async () => {
  const out = join(at.folder, 'first.onnx');
  // As the owner has signed it.
  const variables = { ATELIER_VERIFY_KEY: `${key()}.pub` };
  const exported = await at.atelier(
    ['export', 'first', '--format', 'onnx', '--out', out, '--json'],
    variables,
  );
  expect(exported.code).toBe(0);
  const { reader, largestDifference, images, files } = exported.json() as unknown as {
    reader: string;
    largestDifference: number;
    images: number;
    files: { path: string; sha256: string }[];
  };
  expect(reader).toMatch(/^ONNX Runtime /);
  const { predictions } = (await at.runRecord('first')).stages.evaluate.outputs;
  const { labels } = decodePredictions(await at.store.getBlob(predictions), 'predictions');
  expect(images).toBe(labels.length);
  expect(largestDifference).toBeLessThan(1e-5);
  expect(files).toMatchObject([{ path: out, sha256: sha256(await readFile(out)) }]);

  // Grey pixels as the data has them, and a file that is none.
  const folder = join(at.folder, 'pictures');
  await mkdir(folder);
  const raw = { width: 28, height: 28, channels: 1 as const };
  await sharp(Buffer.alloc(28 * 28, 90), { raw })
    .png()
    .toFile(join(folder, 'a.png'));
  await writeFile(join(folder, 'b.png'), 'text');
  const said = await at.atelier(['predict', 'first', folder, '--top', '2', '--json'], variables);
  expect(said.code).toBe(1);
  expect(said.stderr).toMatch(/b\.png: it is no PNG[\s\S]*1 of 2 pictures could not be read/);
  const { pictures } = said.json() as unknown as {
    pictures: { top?: typeof predicted }[];
  };
  const [a, b] = pictures[0]!.top!;
  predicted = pictures[0]!.top!;
  expect(a!.probability).toBeGreaterThanOrEqual(b!.probability);
  expect(pictures[1]).toEqual({
    picture: join(folder, 'b.png'),
    problem: 'it is no PNG, JPEG, WebP, GIF or BMP picture',
  });
});

/** What `predict` said of pictures/a.png. */
let predicted: { class: string; probability: number }[];

test('whoever changes a signed run in the store, its record or its name, is found out', async () => {
  const owner = await readPublicKey(`${key()}.pub`);
  const signature = await at.store.getRunFile('first', signatureFile);
  const content = (await at.store.getRunFile('first', 'run.json'))!;
  const { files } = JSON.parse(content.toString());
  const demand = (change: object, by: Buffer | undefined = signature) =>
    requireSignature({ runId: 'first', content, files, ...change }, by, owner, 'here');
  expect(() => demand({})).not.toThrow();
  const model = await at.store.putBlob(Buffer.from('another model'));
  const others = { ...files, 'model/model.safetensors': model };
  const record = Buffer.from(content.toString().replace('"finished"', '"Finished"'));
  const { 'report.html': _, ...fewer } = files;
  for (const [change, found] of [
    [{ files: others }, /found: model\/model\.safetensors of SHA-256/],
    [{ files: { ...files, 'more.sh': model } }, /more\.sh, of which it says nothing/],
    [{ files: fewer }, /no report\.html/],
    [{ content: record }, /run\.json of SHA-256/],
    [{ runId: 'second' }, /another run/],
  ] as const)
    expect(() => demand(change)).toThrow(found);
  expect(() => requireSignature({ runId: 'first', content, files }, undefined, owner, '')).toThrow(
    /no signature/,
  );
  const provenance = JSON.parse((await at.store.getRunFile('first', provenanceFile))!.toString());
  const made = provenance.predicate.buildDefinition.internalParameters.stages;
  for (const stage of stages) expect(made[stage].code.sources).toMatch(/^[0-9a-f]{64}$/);
});

test('the same start again redoes nothing and points to the same digests', async () => {
  const result = await start('--run', 'second', '--json');
  expect(result.code).toBe(0);
  const { cached, testAccuracy, seconds } = result.json();
  expect(Object.values(cached)).toEqual([true, true, true, true, true]);
  expect(testAccuracy).toBe(first.testAccuracy);
  expect(seconds).toMatchObject({ train: first.seconds.train });
  const [a, b] = await Promise.all(['first', 'second'].map(at.runRecord));
  for (const stage of stages) {
    expect(b!.stages[stage].outputs).toEqual(a!.stages[stage].outputs);
    expect(b!.stages[stage].cache).toEqual({ hit: true, why: 'done by run first' });
  }
  // A run of its own: its folder is laid out like any other's.
  const page = await fetch(result.json().reportUrl);
  expect(await page.text()).toContain('Made by run <code>first</code>');
});

test('another version of the report reruns only the report', async () => {
  // As if the report's code had been older: its record lies under that version's fingerprint.
  const { report } = (await at.runRecord('first')).stages;
  const objects = openObjects(at.stack.state.s3);
  const record = (await at.store.readStage(reportPlan.record, report.fingerprint))!;
  const version = record.version - 1;
  const older = fingerprint({ stage: 'report', version, inputs: record.inputs });
  await objects.remove(`stages/report/${report.fingerprint}.json`);
  await at.store.commitStage(reportPlan.record, { ...record, version, fingerprint: older });

  const result = await start('--run', 'newer', '--json');
  const { cached } = result.json();
  expect(cached).toEqual({ data: true, train: true, select: true, evaluate: true, report: false });
  const newer = (await at.runRecord('newer')).stages.report;
  expect(newer.cache.why).toContain(`version (${version} → ${record.version})`);
  expect(newer.outputs).toEqual(report.outputs);
});

test('a forced stage is done again; where it reproduces, its record and the later ones stand', async () => {
  const before = await training('first');
  const result = await start('--run', 'again', '--json', '--fresh', 'train', ...keepAll);
  expect(result.code).toBe(0);
  const { cached } = result.json();
  expect(cached).toEqual({ data: true, train: false, select: true, evaluate: true, report: true });
  expect(result.stderr).toContain(
    'Stage train gave what run first had given, whose record stands.',
  );
  const after = await training('again');
  expect(after.name).toBe(before.name);
  expect(after.commits.map(({ checkpoint }) => checkpoint)).toEqual(
    before.commits.map(({ checkpoint }) => checkpoint),
  );
  // From the first epoch on, by this run.
  expect(new Set(after.commits.map(({ madeBy }) => madeBy))).toEqual(new Set(['again']));
  const { train } = (await at.runRecord('again')).stages;
  expect(train.cache.why).toBe(
    'forced by --fresh; it gave what run first had given, whose record stands',
  );
  expect(train.summary).toMatchObject({ resumedAfter: 0 });
  expect((await at.store.readStage(trainPlan.record, after.name))?.madeBy).toBe('first');
});

test('a stage that does not reproduce its record says so and replaces it', async () => {
  // As if another machine had evaluated: the record names other predictions.
  const { evaluate } = (await at.runRecord('first')).stages;
  const record = (await at.store.readStage(evaluatePlan.record, evaluate.fingerprint))!;
  const predictions = await at.store.putBlob(Buffer.from('of another machine'));
  const objects = openObjects(at.stack.state.s3);
  await objects.remove(`stages/evaluate/${evaluate.fingerprint}.json`);
  const forged = { ...record, outputs: { ...record.outputs, predictions }, madeBy: 'elsewhere' };
  await at.store.commitStage(evaluatePlan.record, forged);

  const result = await start('--run', 'honest', '--json', '--fresh', 'evaluate');
  expect(result.json().cached).toMatchObject({ train: true, evaluate: false, report: true });
  const text = 'did not reproduce what run elsewhere had given: that record is set aside';
  expect(result.stderr).toContain(`Stage evaluate ${text}.`);
  const { cache, outputs } = (await at.runRecord('honest')).stages.evaluate;
  expect(cache.why).toContain(text);
  expect(outputs).toEqual(evaluate.outputs);
  const now = await at.store.readStage(evaluatePlan.record, evaluate.fingerprint);
  expect(now?.outputs).toEqual(evaluate.outputs);
  expect(await objects.list('set-aside/stages/evaluate/')).toHaveLength(1);
});

test('a record that cannot be read is set aside, told of, and its stage done again', async () => {
  const { report } = (await at.runRecord('first')).stages;
  const objects = openObjects(at.stack.state.s3);
  await objects.put(`stages/report/${report.fingerprint}.json`, Buffer.from('{"schemaVersion":'));
  const result = await start('--run', 'unread', '--json');
  expect(result.json().cached).toMatchObject({ evaluate: true, report: false });
  expect(result.stderr).toMatch(
    /The record of stage report is not used \(.+\); it lies in set-aside/,
  );
  const { cache } = (await at.runRecord('unread')).stages.report;
  expect(cache.why).toMatch(/^its record was not readable/);
});

test('a checkpoint that is gone is trained again, though no other stage reads it', async () => {
  const { commits } = await training('first');
  const { epoch } = (await at.runRecord('first')).stages.select.summary as { epoch: number };
  const { checkpoint } = commits.find((commit) => commit.epoch !== epoch)!;
  await openObjects(at.stack.state.s3).remove(blobKey(checkpoint));
  expect((await start('--run', 'repaired', '--json', ...keepAll)).json().cached).toMatchObject({
    train: false,
    select: true,
  });
  expect((await at.runRecord('repaired')).stages.train.cache.why).toMatch(/is missing: done again/);
  expect(await at.store.inspectBlob(checkpoint, 'content')).toBeUndefined();
});

test('a changed setting redoes what depends on it and says which it was', async () => {
  const result = await start('--run', 'third', '--json', '--seed', '2');
  expect(result.json().cached).toMatchObject({ data: true, train: false, evaluate: false });
  expect((await at.runRecord('third')).stages.train.cache.why).toContain('seed (1 → 2)');
});

test('a run id is given once', async () => {
  const result = await start('--run', 'first');
  expect(result.code).toBe(2);
  expect(result.stderr).toContain('There is a run first already.');
});

test('runs are listed with what came of them', async () => {
  const result = await at.atelier(['runs', '--json']);
  const rows = JSON.parse(result.stdout) as Record<string, unknown>[];
  expect(rows.find(({ runId }) => runId === 'first')).toMatchObject({
    status: 'finished',
    dataset: 'whole',
    epochs: 6,
    testAccuracy: first.testAccuracy,
    validationAccuracy: first.validationAccuracy,
  });
});

test('a run that is over can be followed again', async () => {
  const result = await at.atelier(['follow', 'first']);
  expect(result.code).toBe(0);
  expect(result.stdout).toMatch(/^ *6\/6 /m);
  expect(result.stdout).toContain('test accuracy');
});

test('what a run takes is said, and a removed run leaves what others need', async () => {
  const usage = JSON.parse((await at.atelier(['du', '--json'])).stdout) as Usage;
  const third = usage.runs.find(({ run }) => run === 'third')!;
  // Its own training and report; the dataset is everybody's.
  expect(third.own).toBeGreaterThan(1_000_000);
  expect(third.shared).toBeGreaterThan(100_000);

  const foreseen = await at.atelier(['rm', 'unread', '--json']);
  expect(JSON.parse(foreseen.stdout)).toMatchObject({ runs: ['unread'], removed: false });
  const removed = await at.atelier(['rm', 'unread', '--yes']);
  expect(removed.stdout).toMatch(/^ {2}unread\nRemoved: 1 run, /);
  expect(await at.store.listRuns()).not.toContain('unread');
  const refused = await at.atelier(['rm', 'third', '--yes']);
  expect(refused.stderr).toMatch(/Run third cannot be removed[\s\S]*points to it/);
});

const putInUse = async (run: string) => {
  const model = (await at.runRecord(run)).files['model/model.safetensors']!;
  await decide(at.store, { dataset: 'whole', name: 'champion' }, (last) => ({
    ...{ outcome: last ? 'promoted' : 'first', candidate: { run, model } },
    ...{ reason: 'to be served', decidedBy: { kind: 'person' } },
  }));
};

test('a service answers for the model that is in use, says what predict says, and ends when asked', async () => {
  await putInUse('first');
  let serving: ChildProcess;
  let told = '';
  const ended = at.atelier(['serve', '--port', '0', '--json'], {}, (child) => {
    serving = child;
    child.stdout.on('data', (text) => {
      told += text;
    });
  });
  await Promise.race([until('its address', () => (told.endsWith('\n') ? true : undefined)), ended]);
  const { url, run } = JSON.parse(told);
  expect([run, new URL(url).hostname]).toEqual(['first', '127.0.0.1']);
  const ask = async (type: string, body: Buffer | string, query = '') => {
    const headers = { 'content-type': type };
    const answer = await fetch(`${url}/predict${query}`, { method: 'POST', headers, body });
    return { status: answer.status, ...((await answer.json()) as Served) };
  };

  const picture = await readFile(join(at.folder, 'pictures/a.png'));
  const seen = await ask('image/png', picture, '?top=2');
  expect(seen.predictions.map((one) => one.class)).toEqual(predicted.map((one) => one.class));
  for (const [i, { probability }] of predicted.entries())
    expect(seen.predictions[i]!.probability).toBeCloseTo(probability, 6);
  // Test images all at once, which the evaluation has seen.
  const { evaluate, data } = (await at.runRecord('first')).stages;
  const stored = decodePredictions(await at.store.getBlob(evaluate.outputs.predictions), '');
  const { images } = decodeSplit(await at.store.getBlob(data.outputs.test), '');
  const answers = await Promise.all(
    Array.from({ length: 32 }, (_, i) =>
      ask('application/json', JSON.stringify({ pixels: [...imageAt(images, seenShape, i)] })),
    ),
  );
  for (const [i, { predictions, model }] of answers.entries()) {
    expect(model).toEqual(seen.model);
    const row = [...stored.probabilities.subarray(i * stored.classes, (i + 1) * stored.classes)];
    row.sort((a, b) => b - a);
    for (const [c, { probability }] of predictions.entries())
      expect(probability).toBeCloseTo(row[c]!, 5);
  }
  // A picture that says that it has 10,000 x 10,000 pixels.
  const bomb = Buffer.from(picture);
  bomb.writeUInt32BE(10_000, 16);
  bomb.writeUInt32BE(10_000, 20);
  const huge = await ask('image/png', bomb);
  expect(huge).toMatchObject({
    status: 422,
    error: { found: 'it has more than 67 million pixels' },
  });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('atelier_serve_images_total 33');
  const [, batches] = /^atelier_serve_batches_total (\d+)$/m.exec(metrics)!;
  expect(Number(batches)).toBeLessThan(33);

  await putInUse('third');
  const current = async () => (await ask('image/png', picture)).model.run;
  await until('the other model', async () => ((await current()) === 'third' ? true : undefined));
  serving!.kill('SIGTERM');
  const { code, stderr } = await ended;
  expect([code, stderr]).toEqual([0, expect.stringContaining('The model of run third answers.')]);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});

const seenShape = { height: 28, width: 28, channels: 1 };

interface Served {
  model: { run: string; sha256: string };
  predictions: typeof predicted;
  error?: object;
}

test('old runs are removed every week, and the schedule says what went', async () => {
  const before = await at.store.listRuns();
  const keeping = ['--keep-last', '3', '--keep-days', '0'];
  const made = await at.atelier(['prune', '--weekly', '30 5 * * 1', ...keeping]);
  expect(made.stdout).toMatch(
    /^Schedule prune: 30 5 \* \* 1 .*\n +keeps +the newest 3 runs, .* 0 days/,
  );
  const connection = await Connection.connect({ address: at.stack.state.temporal.address });
  try {
    const client = new Client({ connection });
    await client.schedule.getHandle('atelier-prune').trigger();
    const last = await until('the end of the removal', async () => {
      const [first] = await pastPrunes(client, await existingSchedule(client, 'prune'), 1);
      return first === undefined || first.outcome === 'running' ? undefined : first;
    });
    expect(last).toMatchObject({ outcome: 'completed' });
    // The newest three, and what was in use before one of them.
    expect(last.result!.runs.length).toBe(before.length - 4);
    const left = await at.store.listRuns();
    expect(left).toEqual(before.filter((run) => !last.result!.runs.includes(run)));
    expect(left).toEqual(expect.arrayContaining(['first', 'third']));
    expect((await readIndex(at.store, undefined, () => false))!.rows).toHaveLength(4);
    await showPrune(client, await existingSchedule(client, 'prune'), listening as never);
    expect(lines.at(-1)).toMatch(/completed +\d runs, /);
  } finally {
    await connection.close();
  }
});

test('what is damaged is named by verify, and nothing else is', async () => {
  const whole = await findDamage(at.store, await readCensus(at.store), undefined);
  expect(whole.damage).toEqual([]);
  expect(whole.blobs).toBeGreaterThan(20);
  const { report } = (await at.runRecord('third')).stages;
  const objects = openObjects(at.stack.state.s3);
  const key = blobKey(report.outputs.json);
  const { content } = (await objects.get(key, 2 ** 30))!;
  await objects.put(key, Buffer.alloc(content!.length, 7));
  await objects.remove(`stages/report/${report.fingerprint}.json`);
  const damaged = await at.atelier(['verify']);
  expect(damaged.code).toBe(1);
  expect(damaged.output).toContain(`! ${key}: damaged; needed by third`);
  expect(damaged.output).toContain(`stages/report/${report.fingerprint}.json: missing`);
  expect(damaged.output).toContain('2 of what is stored are damaged');
});

test('a sweep and runs that need what it removes can meet at any moment', async () => {
  const objects = openObjects({ ...at.stack.state.s3, ...at.stack.root, bucket: 'race' });
  await objects.makeBucket();
  expect(await raceSweep(objects, 20)).toMatchObject({ rounds: 20, lost: 0 });
});

test('metrics tell of all runs on record', async () => {
  // Read anew because somebody asks, and more than a minute after it was read last.
  await expect
    .poll(metricsPage, { timeout: 90_000 })
    .toMatch(/^atelier_runs{status="finished"} [1-9]/m);
});
