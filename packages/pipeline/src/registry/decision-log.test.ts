import { blobKey, sha256 } from '@atelier/artifacts';
import { type Call, memoryObjects } from '@atelier/artifacts/testing';
import { WorldError } from '@atelier/errors';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { everyInterleaving, type Party, someInterleavings } from '../../test/interleavings.ts';
import { usualTerms } from '../retention/condemned.ts';
import { sweep } from '../retention/sweep.ts';
import { openStoreOn, type Store } from '../run-store.ts';
import { type Decision, type ModelOfRun, outcomeOfPromotion } from './decision.ts';
import { advancePointer, decide, newestDecision, readHistory } from './decision-log.ts';
import { makeAllKnown, makeKnown } from './publish-champion.ts';

// Whoever was too slow comes again at once.
vi.mock('node:timers/promises', () => ({ setTimeout: async () => {} }));
beforeEach(() => {
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((again: () => void) =>
    queueMicrotask(again)) as never);
});
afterEach(() => vi.restoreAllMocks());

const registry = { dataset: 'd', name: 'champion' };
const pointerKey = 'registry/champions/d/champion.json';
const published = (name: string): string => `champion/d/champion/${name}`;
const modelOf = (run: string): ModelOfRun => ({
  run,
  model: { sha256: sha256(run), bytes: run.length },
});
const runs = ['a', 'b', 'c'];
const now = Date.now();

/** A store with some finished runs, each with a model of its own, older than anything that stays. */
function bench() {
  let time = now - 10 * usualTerms.grace;
  const { held, seed } = memoryObjects(undefined, () => time);
  for (const run of runs) {
    const { model } = modelOf(run);
    seed(blobKey(model), Buffer.from(run));
    const record = {
      ...{ runId: run, workflowId: run, executionId: run, status: 'finished' },
      startedAt: '2026-01-01T00:00:00Z',
      configuration: { dataset: { name: 'd' }, recipe: { epochs: 1 } },
      files: { 'model/model.safetensors': model },
    };
    seed(`runs/${run}/run.json`, Buffer.from(JSON.stringify(record)));
  }
  time = now;
  const storeOf = (turn: (call: Call) => Promise<void>): Store =>
    openStoreOn(memoryObjects(turn, () => time, held));
  return { held, seed, storeOf, store: storeOf(async () => {}) };
}
type Bench = ReturnType<typeof bench>;

const promoteOn = (store: Store, run: string): Promise<Decision> =>
  decide(store, registry, (last) => ({
    ...{ outcome: outcomeOfPromotion(last, modelOf(run)), candidate: modelOf(run) },
    ...{ reason: `for ${run}`, decidedBy: { kind: 'person' } },
  }));

const isStep = ({ method, key }: Call): boolean =>
  (method === 'put' || method === 'get') && key.startsWith('registry/');

const promotes =
  ({ storeOf }: Bench, run: string, isTurn: (call: Call) => boolean): Party =>
  async (turn) => {
    const store = storeOf(async (call) => {
      if (isTurn(call)) await turn();
    });
    await promoteOn(store, run);
    await advancePointer(store, registry);
  };

async function logOf({ store }: Bench): Promise<Decision[]> {
  return (await readHistory(store, registry, 100)).reverse() as Decision[];
}

/** What was written, read without the calls of a store, which a check has no time for. */
function chainOf({ held }: Bench): Decision[] {
  const entries = [...held].filter(([key]) => /champion\/\d{6}\.json$/.test(key));
  return entries.sort().map(([, { content }]) => JSON.parse(content.toString()));
}

const entryOf = ({ held }: Bench, number: number): Buffer =>
  held.get(`registry/champions/d/champion/00000${number}.json`)!.content;

function checkChain(log: readonly Decision[], promoted: readonly string[], order: string): void {
  expect(
    log.map(({ number }) => number),
    order,
  ).toEqual(promoted.map((_, i) => i + 1));
  expect(log.map(({ candidate }) => candidate.run).sort(), order).toEqual([...promoted].sort());
  for (const [i, { before }] of log.entries())
    expect(before, order).toEqual(log[i - 1]?.champion ?? null);
}

/** Parties that promote a run each, and what holds once all have. */
function atOnce(runs: readonly string[], isTurn: (call: Call) => boolean) {
  const at = bench();
  return {
    parties: runs.map((run) => promotes(at, run, isTurn)),
    check(order: string) {
      const log = chainOf(at);
      checkChain(log, runs, order);
      const { number, champion } = log.at(-1)!;
      const pointer = JSON.parse(at.held.get(pointerKey)!.content.toString());
      expect(pointer, order).toMatchObject({ number, ...champion });
    },
  };
}

test('two that promote at once get one order, in every order of their writing', async () => {
  const isTurn = (call: Call): boolean => isStep(call) && call.method === 'put';
  const orders = await everyInterleaving(() => atOnce(['a', 'b'], isTurn), 1_000);
  expect(orders).toBeGreaterThan(5);
});

test('three that promote at once lose no entry, whatever each has read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat(1_000)), (numbers) =>
      someInterleavings(
        () => atOnce(runs, isStep),
        1,
        () => numbers.next().value! / 1_001,
      ),
    ),
    { numRuns: 50 },
  );
});

test('what died between entry and pointer is read, and mended by whoever comes next', async () => {
  const at = bench();
  await promoteOn(at.store, 'a');
  await makeKnown(at.store, registry);
  const pointer = at.held.get(pointerKey)!.etag;
  await promoteOn(at.store, 'b');
  expect(at.held.get(pointerKey)!.etag).toBe(pointer);
  expect(await newestDecision(at.store, registry)).toMatchObject({
    number: 2,
    champion: { run: 'b' },
  });
  await promoteOn(at.store, 'c');
  await makeKnown(at.store, registry);
  checkChain(await logOf(at), ['a', 'b', 'c'], '');
  expect(at.held.get(published('model.safetensors'))!.content.toString()).toBe('c');
});

test('stopped at any of its calls, a promotion leaves what others read, and mend', async () => {
  const seen = new Set<string | undefined>();
  for (let calls = 0, ended = false; !ended; calls++) {
    const at = bench();
    await promoteOn(at.store, 'a');
    await makeKnown(at.store, registry);
    let left = calls;
    const dying = at.storeOf(async () => {
      left -= 1;
      if (left < 0) throw new Error('killed');
    });
    const promotion = promoteOn(dying, 'b').then(() => makeKnown(dying, registry));
    ended = await promotion.then(
      () => true,
      () => false,
    );
    const read = await newestDecision(at.store, registry);
    seen.add(read?.champion.run);
    await makeAllKnown(at.store);
    const held = (name: string) => at.held.get(name)!.content.toString();
    expect(JSON.parse(held(pointerKey)), `${calls}`).toMatchObject(read!.champion);
    expect(held(published('model.safetensors')), `${calls}`).toBe(read!.champion.run);
    expect(JSON.parse(held(published('manifest.json'))), `${calls}`).toMatchObject({
      number: read!.since,
    });
    await promoteOn(at.store, 'c');
    const before = read!.champion.run === 'b' ? ['a', 'b'] : ['a'];
    checkChain(chainOf(at), [...before, 'c'], `${calls}`);
  }
  expect([...seen]).toEqual(['a', 'b']);
});

test.each(['no json', '{"number": 7}', '{"schemaVersion": 1, "number": 99}'])(
  'a pointer that is %s is set aside, and the log goes on',
  async (content) => {
    const at = bench();
    await promoteOn(at.store, 'a');
    at.seed(pointerKey, Buffer.from(content));
    expect(await newestDecision(at.store, registry)).toMatchObject({ number: 1 });
    await makeKnown(at.store, registry);
    expect(JSON.parse(at.held.get(pointerKey)!.content.toString())).toMatchObject({ number: 1 });
    expect([...at.held.keys()].some((key) => key.startsWith(`set-aside/${pointerKey}`))).toBe(true);
  },
);

test.each([1, 3])('a decision whose answer is lost %i times stands once', async (times) => {
  const at = bench();
  await promoteOn(at.store, 'a');
  let lost = 0;
  const store: Store = {
    ...at.store,
    async createEntry(...entry) {
      const isWritten = await at.store.createEntry(...entry);
      if (lost++ < times) throw new WorldError({ what: 'No answer.' });
      return isWritten;
    },
  };
  expect(await promoteOn(store, 'b')).toMatchObject({ number: 2, outcome: 'promoted' });
  checkChain(chainOf(at), ['a', 'b'], '');

  const away = async (): Promise<boolean> => {
    throw new WorldError({ what: 'No answer.' });
  };
  await expect(promoteOn({ ...store, createEntry: away }, 'c')).rejects.toThrow(
    /not known whether decision 3 about the champion of d stands. No answer.[\s\S]*atelier champion/,
  );
});

test('an entry that cannot be read is named, and nothing is decided over it', async () => {
  const at = bench();
  await promoteOn(at.store, 'a');
  at.seed('registry/champions/d/champion/000002.json', Buffer.from('{}'));
  await expect(promoteOn(at.store, 'b')).rejects.toThrow(/Decision 2 .* cannot be read/);
  expect(await readHistory(at.store, registry, 10)).toMatchObject([
    { number: 2, problem: expect.stringMatching(/./) },
    { number: 1, outcome: 'first' },
  ]);
  at.seed('registry/champions/d/champion/000003.json', entryOf(at, 1));
  const [third] = await readHistory(at.store, registry, 1);
  expect(third).toEqual({ number: 3, problem: 'number 1' });
});

test('the number of an entry that is gone is not given again', async () => {
  const at = bench();
  await promoteOn(at.store, 'a');
  await advancePointer(at.store, registry);
  for (const run of ['b', 'c']) await promoteOn(at.store, run);
  at.held.delete('registry/champions/d/champion/000002.json');
  await expect(promoteOn(at.store, 'b')).rejects.toThrow(
    /Decision 2 [\s\S]*it is gone, .* to decision 3/,
  );
  expect(await readHistory(at.store, registry, 10)).toMatchObject([
    { number: 3, champion: { run: 'c' } },
    { number: 2, problem: expect.stringContaining('gone') },
    { number: 1 },
  ]);
});

test('files at the address that stays are the newest, whoever was slow', async () => {
  const at = bench();
  await promoteOn(at.store, 'a');
  // Stopped while it writes its files; meanwhile another promotes, and tells of it.
  let stopped = false;
  const slow = at.storeOf(async ({ method, key }) => {
    if (stopped || method !== 'put' || key !== published('model.safetensors')) return;
    stopped = true;
    await promoteOn(at.store, 'b');
    await makeKnown(at.store, registry);
  });
  await makeKnown(slow, registry);
  expect(stopped).toBe(true);
  expect(at.held.get(published('model.safetensors'))!.content.toString()).toBe('b');
  const manifest = JSON.parse(at.held.get(published('manifest.json'))!.content.toString());
  expect(manifest).toMatchObject({
    ...{ number: 2, run: 'b' },
    files: { 'model.safetensors': modelOf('b').model },
  });
});

test('a champion is there, whatever is removed while it is promoted', async () => {
  const outcomes = new Set<string>();
  const isTurn = ({ method, key }: Call): boolean =>
    method === 'removeAll' ||
    (method === 'list' && key === '') ||
    (method === 'put' && /put-forward|^registry|^retention/.test(key)) ||
    (method === 'get' && key === 'retention/sweep.json') ||
    (method === 'size' && key.endsWith('run.json'));
  const orders = await everyInterleaving(() => {
    const at = bench();
    let isRefused = false;
    const sweeper: Party = async (turn) => {
      const store = at.storeOf(async (call) => {
        if (isTurn(call)) await turn();
      });
      await sweep(store, { ...usualTerms, runs: ['a'], by: 'me', clock: () => now });
    };
    const promoter: Party = async (turn) => {
      let last = '';
      const store = at.storeOf(async (call) => {
        if (!isTurn(call)) return;
        const again = last === 'get' && call.method === 'get';
        last = call.method;
        await turn(again);
      });
      await promoteOn(store, 'a').catch((error: Error) => {
        isRefused = /what it needs is gone/.test(error.message);
      });
    };
    return {
      parties: [sweeper, promoter],
      check(order) {
        const isThere = at.held.has('runs/a/run.json') && at.held.has(blobKey(modelOf('a').model));
        expect(chainOf(at).length, order).toBe(isRefused ? 0 : 1);
        if (!isRefused) expect(isThere, order).toBe(true);
        outcomes.add(isRefused ? 'removed' : 'promoted');
      },
    };
  }, 5_000);
  expect(orders).toBeGreaterThan(20);
  expect([...outcomes].sort()).toEqual(['promoted', 'removed']);
});

test('the champion and the one before it stay, others of the log go', async () => {
  const at = bench();
  for (const run of runs) await promoteOn(at.store, run);
  for (const run of runs) at.held.delete(`runs/${run}/put-forward.json`);
  const swept = await sweep(at.store, { ...usualTerms, runs, by: 'me', clock: () => now });
  expect(swept.runs).toEqual(['a']);
  expect(at.held.has(blobKey(modelOf('b').model))).toBe(true);
  expect(at.held.has(blobKey(modelOf('a').model))).toBe(false);
});
