import { readFileSync } from 'node:fs';
import { blobKey, sha256 } from '@atelier/artifacts';
import { memoryObjects } from '@atelier/artifacts/testing';
import { expect, test } from 'vitest';
import type { Weighing } from '../../registry/approval.ts';
import { readHistory } from '../../registry/decision-log.ts';
import { openStoreOn } from '../../run-store.ts';
import { activity } from './activity.ts';
import { promotePlan as plan } from './plan.ts';
import { weighNow } from './weigh-now.ts';

const { configuration, stages } = JSON.parse(
  readFileSync(new URL('../../../test/recorded/default/run.json', import.meta.url), 'utf8'),
);
const registry = { dataset: 'fashion-mnist', name: 'champion' };
const blob = (text: string) => ({ sha256: sha256(Buffer.from(text)), bytes: text.length });

/** A store of two runs that made the same model and report; predicting is not needed for them. */
function bench(demandsSignature = false) {
  const objects = memoryObjects();
  const { held, seed } = objects;
  const store = openStoreOn(objects);
  const [model, html] = ['model', '<header>Report</header>'];
  for (const content of [model, html]) seed(blobKey(blob(content)), Buffer.from(content));
  /** What the gate would have decided, before each. */
  const found: Weighing[] = [];
  const promote = async (run: string, given: object = {}) => {
    const record = {
      ...{ runId: run, workflowId: run, executionId: run, status: 'running' },
      startedAt: '2026-01-01T00:00:00Z',
      ...{ configuration, files: { 'model/model.safetensors': blob(model) } },
    };
    seed(`runs/${run}/run.json`, Buffer.from(JSON.stringify(record)));
    const input = plan.input.parse({
      run: { runId: run, workflowId: run, executionId: run, startedAt: '2026' },
      ...{ settings: {}, execution: run, dataset: registry.dataset, contract: {} },
      ...{ network: configuration.network, recipe: configuration.recipe, gate: {}, ...given },
      data: stages.data,
      select: { ...stages.select, outputs: { ...stages.select.outputs, model: blob(model) } },
      report: { ...stages.report, outputs: { ...stages.report.outputs, html: blob(html) } },
    });
    const context = { signal: new AbortController().signal, tell() {}, code: { sources: '' } };
    const means = { store, demandsSignature } as never;
    found.push(await weighNow(means)(input, context as never));
    const work = activity(means);
    const { summary, outputs } = await work(input, context as never);
    return { summary, page: (await store.getBlob(outputs.page)).toString() };
  };
  return { held, store, promote, found };
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
