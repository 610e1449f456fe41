import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobKey, DamagedBlob, entryKey, sha256 } from '@atelier/artifacts';
import { memoryObjects } from '@atelier/artifacts/testing';
import { limitsSchema } from '@atelier/data/compare-datasets';
import { UserError } from '@atelier/errors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Weighing } from '../../registry/approval.ts';
import type { Decision } from '../../registry/decision.ts';
import { readHistory } from '../../registry/decision-log.ts';
import { openStoreOn } from '../../run-store.ts';
import { acceptAnyhow } from '../../source/accepted-dataset.ts';
import { openBlobFiles } from '../../stage-activity/blob-files.ts';
import { activity } from './activity.ts';
import { promotePlan as plan } from './plan.ts';
import { weighNow } from './weigh-now.ts';

const { configuration, stages } = JSON.parse(
  readFileSync(new URL('../../../test/recorded/default/run.json', import.meta.url), 'utf8'),
);
const registry = { dataset: 'fashion-mnist', name: 'champion' };
const blob = (text: string) => ({ sha256: sha256(Buffer.from(text)), bytes: text.length });

const bucket = new URL('../../../test/recorded/bucket/', import.meta.url);
const recorded = JSON.parse(readFileSync(new URL('runs/recorded/run.json', bucket), 'utf8'));
/** What was on record of the data of a run, and of one with more images. */
const [usual, grown] = [1, 2].map((times) => {
  const key = blobKey(recorded.stages.data.outputs.manifest);
  const manifest = JSON.parse(readFileSync(new URL(key, bucket), 'utf8'));
  const { train } = manifest.splits;
  train.classCounts = train.classCounts.map((count: number) => times * count);
  return JSON.stringify(manifest);
}) as [string, string];
const html = '<header>Report</header>';

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'atelier-promote-'));
});
afterAll(() => rm(cache, { recursive: true }));

/** What a run has made. */
const usually = { model: 'model', manifest: usual };

/** A store of runs; predicting is not needed for what they decide. */
function bench(demandsSignature = false) {
  const objects = memoryObjects();
  const { held, seed } = objects;
  const store = openStoreOn(objects);
  /** What the gate would have decided, before each. */
  const found: Weighing[] = [];
  const notices: string[] = [];
  const promote = async (run: string, given: object = {}, { model, manifest } = usually) => {
    for (const content of [model, manifest, html])
      seed(blobKey(blob(content)), Buffer.from(content));
    const data = { ...stages.data, outputs: { ...stages.data.outputs, manifest: blob(manifest) } };
    const record = {
      ...{ runId: run, workflowId: run, executionId: run, status: 'running' },
      ...{ startedAt: '2026-01-01T00:00:00Z', stages: { data } },
      ...{ configuration, files: { 'model/model.safetensors': blob(model) } },
    };
    seed(`runs/${run}/run.json`, Buffer.from(JSON.stringify(record)));
    const input = plan.input.parse({
      run: { runId: run, workflowId: run, executionId: run, startedAt: '2026' },
      ...{ settings: {}, execution: run, dataset: registry.dataset, contract: {} },
      ...{ network: configuration.network, recipe: configuration.recipe, gate: {} },
      data,
      select: { ...stages.select, outputs: { ...stages.select.outputs, model: blob(model) } },
      report: { ...stages.report, outputs: { ...stages.report.outputs, html: blob(html) } },
      ...given,
    });
    const context = {
      ...{ signal: new AbortController().signal, code: { sources: '' } },
      tell: (news: { notices?: string[] }) => notices.push(...(news.notices ?? [])),
    };
    const means = { store, demandsSignature, files: openBlobFiles(store, cache) } as never;
    found.push(await weighNow(means)(input, context as never));
    const work = activity(means);
    const { summary, outputs } = await work(input, context as never);
    return { summary, page: (await store.getBlob(outputs.page)).toString() };
  };
  return { held, seed, store, promote, found, notices };
}

test('the first model is put in use, the same again is unchanged, and a run decides once', async () => {
  const { held, store, promote } = bench();
  const first = await promote('a');
  expect(first.summary).toMatchObject({ outcome: 'first', number: 1 });
  expect(first.page).toContain(first.summary.sentence);
  expect(await promote('b')).toMatchObject({ summary: { outcome: 'unchanged', number: 2 } });
  // As if the attempt had died after it had decided.
  for (const key of held.keys()) if (key.startsWith('stages/promote/')) held.delete(key);
  expect(await promote('a')).toEqual(first);
  expect(await readHistory(store, registry, 9)).toMatchObject([
    { number: 2, candidate: { run: 'b' }, champion: { run: 'a' } },
    { number: 1, decidedBy: { kind: 'gate' } },
  ]);
  expect(await store.readPublished('fashion-mnist/champion', 'model.safetensors', 99)).toEqual(
    Buffer.from('model'),
  );
});

test('where a signature is demanded, no gate puts a model in use', async () => {
  const { store, promote, found } = bench(true);
  const { summary } = await promote('a');
  expect(summary).toMatchObject({
    outcome: 'held',
    sentence: expect.stringMatching(/signature that ATELIER_VERIFY_KEY demands.*First: no model/),
  });
  expect(summary.number).toBeUndefined();
  // So nobody is asked before, either.
  expect(found).toMatchObject([{ outcome: 'held' }]);
  expect(await readHistory(store, registry, 9)).toEqual([]);
});

test('where the gate waits for a person, nothing is put in use without one', async () => {
  const gate = { hold: true };
  const { store, promote, found } = bench();
  const said = (answer: string) => ({ gate, approval: { answer, by: 'ada', reason: 'looked' } });
  expect((await promote('unasked', { gate })).summary).toMatchObject({
    outcome: 'held',
    sentence: expect.stringMatching(/^Held: .*nobody was asked\. What the gate found: First: /),
  });
  const rejected = await promote('rejected', said('rejected'));
  expect(rejected.summary.sentence).toMatch(/^Held: rejected by ada: looked\. What .*: First: /);
  expect(await readHistory(store, registry, 9)).toEqual([]);
  const { summary, page } = await promote('approved', said('approved'));
  expect(summary).toMatchObject({ outcome: 'first', number: 1 });
  expect(page).toContain('Approved by ada: looked. First: ');
  expect(await readHistory(store, registry, 9)).toMatchObject([
    { decidedBy: { kind: 'person', name: 'ada' }, champion: { run: 'approved' } },
  ]);
  // What changes nothing waits for nobody, and is the gate's.
  await promote('again', { gate });
  expect((await readHistory(store, registry, 9))[0]).toMatchObject({
    ...{ outcome: 'unchanged', decidedBy: { kind: 'gate' } },
  });
  expect(found.map(({ outcome }) => outcome)).toEqual(['first', 'first', 'first', 'unchanged']);
});

test('a run that was reset asks nobody about what it has decided, and about what it has not again', async () => {
  const gate = { hold: true };
  const { store, promote, found } = bench();
  const said = (answer: string) => ({ gate, approval: { answer, reason: 'looked' } });
  // Nothing is in use, so that there is no log yet to hold this in.
  expect((await promote('a', said('rejected'))).summary.outcome).toBe('held');
  expect((await promote('a', said('approved'))).summary.outcome).toBe('first');
  expect((await promote('a', { gate })).summary.outcome).toBe('first');
  expect(await readHistory(store, registry, 9)).toHaveLength(1);
  expect(found.map(({ outcome }) => outcome)).toEqual(['first', 'first', 'unchanged']);
});

test('where the data has changed, a model is held until a person has accepted that', async () => {
  const { store, promote } = bench();
  await promote('a');
  const other = { model: 'other', manifest: grown };
  const { summary, page } = await promote('b', {}, other);
  const sentence = expect.stringMatching(
    /^Held: the data is too different from that of run a, .* images of train: \d+, now \d+ \(\+100 %\)\.$/,
  );
  expect(summary).toEqual({ outcome: 'held', sentence, number: 2 });
  expect(page).toContain('images of train');
  const [held] = (await readHistory(store, registry, 9)) as Decision[];
  expect(held).toMatchObject({ champion: { run: 'a' } });
  // No image was looked at, and no level spent.
  expect(held!.evidence).not.toHaveProperty('look');
  // Beyond that, models are weighed; here the champion's is none.
  const contract = limitsSchema.parse({ examples: 100 });
  const weighed = promote('c', { contract }, other);
  await expect(weighed).rejects.toThrow(/of run a, cannot be read/);
  const accepted = { run: 'b', name: registry.dataset, manifest: blob(grown) };
  await acceptAnyhow(store, accepted);
  await expect(promote('d', {}, other)).rejects.toThrow(/of run a, cannot be read/);
});

const champion = {
  run: 'runs/a/run.json',
  model: blobKey(blob('model')),
  data: blobKey(blob(grown)),
};

test.each([
  ['a model that is gone', champion.model, undefined],
  ['a model of other bytes', champion.model, 'm0del'],
  ['a model that is none', champion.model, 'model'],
  ['no record', champion.run, undefined],
  ['a record that cannot be read', champion.run, '{'],
  ['no manifest', champion.data, undefined],
  ['another manifest', champion.data, grown.replace('1', '2')],
])('a champion with %s is named, and nothing is decided', async (_, key, content) => {
  const { held, seed, store, promote, notices } = bench();
  await promote('a', {}, { ...usually, manifest: grown });
  if (content === undefined) held.delete(key);
  else seed(key, Buffer.from(content));
  const contract = limitsSchema.parse({ examples: 100 });
  const failure = await promote('b', { contract }, { ...usually, model: 'other' }).catch((e) => e);
  expect(failure).toBeInstanceOf(UserError);
  expect(failure.failure).toMatchObject({
    what: 'The model that is in use, of run a, cannot be read, or what it was made of.',
    remedy: expect.stringContaining('`npx atelier rollback`'),
  });
  expect(await readHistory(store, registry, 9)).toHaveLength(1);
  expect(notices).toEqual([]);
});

test("what is damaged of the run's own is left to the stage that made it", async () => {
  const { promote } = bench();
  await promote('a');
  const outputs = { ...stages.data.outputs, manifest: blob('gone') };
  const given = { data: { ...stages.data, outputs } };
  await expect(promote('b', given, { ...usually, model: 'other' })).rejects.toThrow(DamagedBlob);
});

test('a decision stands, and its run ends, whatever has become of the files in use', async () => {
  const { held, store, promote, notices } = bench();
  await promote('a');
  for (const key of held.keys()) if (key.startsWith('champion/')) held.delete(key);
  held.delete(champion.model);
  const { summary } = await promote('b', {}, { model: 'other', manifest: grown });
  expect(summary).toMatchObject({ outcome: 'held', number: 2 });
  expect(notices).toEqual([
    expect.stringMatching(/^The decision stands, but .* A blob is missing/),
  ]);
  expect(await readHistory(store, registry, 9)).toHaveLength(2);
});

test('a gate decides nothing where its log lacks an entry, or has one that cannot be read', async () => {
  const { held, seed, promote, store } = bench();
  for (const run of ['a', 'b', 'c']) await promote(run);
  const key = entryKey('champions/fashion-mnist/champion', 2);
  held.delete(key);
  await expect(promote('d')).rejects.toThrow(/Decision 2 .* cannot be read[\s\S]*it is gone/);
  seed(key, Buffer.from('{}'));
  await expect(promote('d')).rejects.toThrow(/Decision 2 .* cannot be read[\s\S]*schemaVersion/);
  expect(await readHistory(store, registry, 9)).toHaveLength(3);
});
