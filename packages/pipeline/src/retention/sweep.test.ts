import { blobKey, clockDifference, sha256 } from '@atelier/artifacts';
import { type Call, memoryObjects } from '@atelier/artifacts/testing';
import { uniforms } from '@atelier/random';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { everyInterleaving, type Party, someInterleavings } from '../../test/interleavings.ts';
import { openStoreOn, recordStage, type Store } from '../run-store.ts';
import { workerIdentity } from '../worker/worker-identity.ts';
import { usualTerms } from './condemned.ts';
import { namesOfConfiguration } from './document-names.ts';
import { sweep } from './sweep.ts';

const now = Date.now();
const bytes = (text: string): Buffer => Buffer.from(text);
const refOf = (text: string) => ({ sha256: sha256(bytes(text)), bytes: text.length });
const stage = {
  name: 'data',
  outputs: z.record(z.string(), z.object({ sha256: z.string(), bytes: z.number() })),
  summary: z.unknown(),
};
const fingerprint = (name: string): string => sha256(name);
const recordKey = (name: string): string => `stages/data/${fingerprint(name)}.json`;
const recordOf = (name: string, output: string) => ({
  schemaVersion: 1 as const,
  ...{ stage: 'data', fingerprint: fingerprint(name), version: 1, inputs: { name } },
  ...{ outputs: { it: refOf(output) }, summary: {}, environment: null, madeBy: 'run' },
  timing: { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:00Z', seconds: 1 },
});
const runOf = (name: string, output: string, status = 'finished') => ({
  ...{ runId: name, status, startedAt: '2026-01-01T00:00:00Z', configuration: {}, files: {} },
  stages: { data: { fingerprint: fingerprint(name), outputs: { it: refOf(output) } } },
});
const json = (value: unknown): Buffer => bytes(JSON.stringify(value));

// Who waits for a sweep looks again at once.
beforeEach(() => {
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((again: () => void) =>
    queueMicrotask(again)) as never);
});
afterEach(() => vi.restoreAllMocks());

/** Milliseconds that have passed for everybody since the test began. */
let passed = 0;
const { now: realNow } = Date;
beforeEach(() => {
  passed = 0;
  // No spy, which would keep a million calls.
  Date.now = () => realNow() + passed;
});
afterEach(() => {
  Date.now = realNow;
});

/**
 * What others notice, or what notices what others did. That a record is there is looked at with its
 * blob, in one step with the look before.
 */
const isStep = ({ method, key }: Call): boolean =>
  method === 'removeAll' ||
  (method === 'eachObject' && key === '') ||
  (method === 'put' && !key.includes('set-aside')) ||
  (method === 'get' && key === 'retention/sweep.json') ||
  (method === 'size' && key.startsWith('blobs/'));

/** A store with an old run that stays, one that goes, and a blob and a record that nobody needs. */
function bench() {
  let time = now - 10 * usualTerms.grace;
  const { held, seed } = memoryObjects(undefined, () => time);
  for (const [run, output] of [
    ['stays', 'needed'],
    ['goes', 'of one run'],
  ] as const) {
    seed(`runs/${run}/run.json`, json(runOf(run, output)));
    seed(recordKey(run), json(recordOf(run, output)));
    seed(blobKey(refOf(output)), bytes(output));
  }
  seed(recordKey('orphan'), json(recordOf('orphan', 'of nobody')));
  seed(blobKey(refOf('of nobody')), bytes('of nobody'));
  time = now;
  /** @param then told of each call when its turn has come */
  const storeOf = (
    turn: (again: boolean) => Promise<void>,
    then: (call: Call) => void = () => {},
  ): Store => {
    let last = '';
    return openStoreOn(
      memoryObjects(
        async (call) => {
          if (!isStep(call)) return;
          const again = last === 'get' && call.method === 'get';
          last = call.method;
          await turn(again);
          then(call);
        },
        () => time,
        held,
      ),
    );
  };
  const has = (key: string): boolean => held.has(key);
  const there = (text: string): boolean => held.has(blobKey(refOf(text)));
  return { held, seed, storeOf, has, there, store: storeOf(async () => {}) };
}
type Bench = ReturnType<typeof bench>;

const terms = { ...usualTerms, clock: () => now };
const sweeps =
  ({ storeOf }: Bench, runs: string[] = [], by = 'sweeper'): Party =>
  async (turn) => {
    await sweep(storeOf(turn), { ...terms, runs, by });
  };

/** Does work until it is committed, as Temporal has an activity do. */
const untilDone =
  ({ storeOf }: Bench, work: (store: Store) => Promise<void>): Party =>
  async (turn) => {
    const store = storeOf(turn);
    for (let attempt = 0; ; attempt++) {
      try {
        return await work(store);
      } catch (error) {
        if (attempt === 5) throw error;
      }
    }
  };

test('what no run needs goes, and so does a run with what only it needs', async () => {
  const at = bench();
  const swept = await sweep(at.store, { ...terms, runs: ['goes'], by: 'me' });
  expect(swept).toMatchObject({ objects: 5, runs: ['goes'] });
  expect([...at.held.keys()].sort()).toEqual(
    [blobKey(refOf('needed')), 'runs/stays/run.json', recordKey('stays')].sort(),
  );
});

test('what was written a moment ago stays, though nothing names it yet', async () => {
  const at = bench();
  await at.store.putBlob(bytes('fresh'));
  await sweep(at.store, { ...terms, runs: [], by: 'me' });
  expect(at.there('fresh')).toBe(true);
});

test('what the nights of a schedule will need stays, and nothing else of nobody’s', async () => {
  const at = bench();
  const needed = async () => [namesOfConfiguration({ initialise: { model: refOf('of nobody') } })];
  await sweep(at.store, { ...terms, runs: [], by: 'me', needed });
  expect([at.there('of nobody'), at.has(recordKey('orphan'))]).toEqual([true, false]);
});

test('a run that a pointer names, and one that goes on, are not removed', async () => {
  const at = bench();
  at.seed('registry/tags/best.json', json({ runId: 'goes' }));
  at.seed('runs/parked/run.json', json(runOf('parked', 'of nobody', 'parked')));
  await sweep(at.store, { ...terms, runs: ['goes', 'parked'], by: 'me' });
  expect([at.has('runs/goes/run.json'), at.there('of one run')]).toEqual([true, true]);
  expect([at.has('runs/parked/run.json'), at.there('of nobody')]).toEqual([true, true]);
});

test('where a record that may name anything cannot be read, nothing is removed', async () => {
  const at = bench();
  at.seed('runs/torn/run.json', bytes('{"runId":'));
  const torn = sweep(at.store, { ...terms, runs: ['goes'], by: 'me' });
  await expect(torn).rejects.toThrow(/cannot be told what is needed[\s\S]*runs\/torn\/run.json/);
  expect(at.has('runs/goes/run.json')).toBe(true);
});

test('of two sweeps one is told that the other goes on, unless that one is gone', async () => {
  const at = bench();
  const until = (ms: number) => new Date(Date.now() + ms).toISOString();
  const other = { schemaVersion: 1 as const, by: 'another', runs: ['goes'], keys: [] };
  const version = await at.store.announceSweep({ ...other, until: until(60_000) }, undefined);
  const refused = sweep(at.store, { ...terms, runs: [], by: 'me' });
  await expect(refused).rejects.toThrow(/Somebody else is removing[\s\S]*another, until/);
  await at.store.announceSweep({ ...other, until: until(-1_000_000) }, version);
  expect((await sweep(at.store, { ...terms, runs: [], by: 'me' })).runs).toEqual(['goes']);
});

test('whoever plants a sweep that never ends holds up nobody', async () => {
  const at = bench();
  const until = '2999-01-01T00:00:00.000Z';
  const keys = [recordKey('new'), blobKey(refOf('x'))];
  await at.store.announceSweep({ schemaVersion: 1, by: 'it', until, runs: [], keys }, undefined);
  await at.store.putBlob(bytes('x'));
  expect((await at.store.commitStage(stage, recordOf('new', 'x'))).madeBy).toBe('run');
  await sweep(at.store, { ...terms, runs: [], by: 'me' });
});

test.each([
  ['a process of this machine that is gone', workerIdentity().replace(/^\d+/, '99999999'), 30_000],
  ['one of another machine', '7@elsewhere pid:[1] boot:1', 720_000],
])('what %s has announced is waited for so long and no longer', async (_, by, longest) => {
  const at = bench();
  let passed = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => passed);
  vi.spyOn(Date, 'now').mockImplementation(() => now + passed);
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((again: () => void, ms: number) => {
    passed += ms;
    queueMicrotask(again);
  }) as never);
  const keys = [recordKey('orphan')];
  const until = new Date(now).toISOString();
  await at.store.announceSweep({ schemaVersion: 1, by, until, runs: [], keys }, undefined);
  await recordStage(at.store, 'new', 'data', recordOf('orphan', 'of nobody'));
  expect(passed).toBeGreaterThan(longest);
  expect(passed).toBeLessThan(longest + 1_000);
});

test('in whatever order a sweep and a commit of the same bytes follow, the record holds', async () => {
  const orders = await everyInterleaving(() => {
    const at = bench();
    at.seed('runs/new/run.json', json({ ...runOf('new', '', 'running'), stages: {} }));
    const commits = untilDone(at, async (store) => {
      await store.putBlob(bytes('of nobody'));
      const made = await store.commitStage(stage, recordOf('new', 'of nobody'));
      await recordStage(store, 'new', 'data', made);
    });
    const check = (order: string) => {
      expect([at.has(recordKey('new')), at.there('of nobody')], order).toEqual([true, true]);
      expect(at.there('needed'), order).toBe(true);
    };
    return { parties: [sweeps(at), commits], check };
  }, 100_000);
  expect(orders).toBeGreaterThan(100);
});

test('in whatever order a sweep and a run that finds its work done follow, the work is there', async () => {
  const orders = await everyInterleaving(() => {
    const at = bench();
    at.seed('runs/new/run.json', json({ ...runOf('new', '', 'running'), stages: {} }));
    const hits = untilDone(at, async (store) => {
      const found = await store.readStage(stage, fingerprint('orphan'));
      if (found === undefined) {
        await store.putBlob(bytes('of nobody'));
        await store.commitStage(stage, recordOf('orphan', 'of nobody'));
      }
      await recordStage(store, 'new', 'data', recordOf('orphan', 'of nobody'));
    });
    const check = (order: string) => {
      expect([at.has(recordKey('orphan')), at.there('of nobody')], order).toEqual([true, true]);
    };
    return { parties: [sweeps(at), hits], check };
  }, 100_000);
  expect(orders).toBeGreaterThan(100);
});

/** A commit of bytes that nobody needed, on a machine whose clock is ahead by as much as one may be. */
const needsAnew = (at: Bench): Party =>
  untilDone(at, async (store) => {
    await store.putBlob(bytes('of nobody'));
    const made = await store.commitStage(stage, recordOf('new', 'of nobody'));
    await recordStage(store, 'new', 'data', made);
  });

/** As the sweep's own machine has it, whose clock is behind. */
const behind = (store: Store): Store => ({
  ...store,
  announceSweep: (told, from) => {
    const until = new Date(Date.parse(told.until) - clockDifference).toISOString();
    return store.announceSweep({ ...told, until }, from);
  },
});

/** Some of the orders, the same ones every time. */
function inSomeOrders(prepare: Parameters<typeof someInterleavings>[0]): Promise<void> {
  const numbers = uniforms(20_000, 7);
  let drawn = 0;
  return someInterleavings(prepare, 120, () => numbers[drawn++ % numbers.length]!);
}

test('a look may take longer than anybody waits: the announcement is renewed meanwhile', async () => {
  await inSomeOrders(() => {
    const at = bench();
    passed = 0;
    at.seed('runs/new/run.json', json({ ...runOf('new', '', 'running'), stages: {} }));
    const slowly: Party = async (turn) => {
      const store = behind(at.storeOf(turn));
      let looks = 0;
      // The second look takes six minutes; a commit that sees no renewal goes on after four.
      const listAll: Store['listAll'] = (take) => {
        let seen = 0;
        looks += 1;
        return store.listAll((object) => {
          if (looks === 2 && seen++ < 4) passed += 90_000;
          return take(object);
        });
      };
      await sweep({ ...store, listAll }, { ...terms, runs: [], by: 'sweeper' });
    };
    const check = (order: string) => {
      expect([at.has(recordKey('new')), at.there('of nobody')], order).toEqual([true, true]);
      expect(at.has(recordKey('orphan')), order).toBe(false);
    };
    return { parties: [slowly, needsAnew(at)], check };
  });
});

test.each(['eachObject', 'put', 'get'])(
  'a sweep whose machine sleeps before a %s removes nothing that others need by then',
  async (method) => {
    for (let which = 1; which <= 2; which++)
      await inSomeOrders(() => {
        const at = bench();
        passed = 0;
        at.seed('runs/new/run.json', json({ ...runOf('new', '', 'running'), stages: {} }));
        let calls = 0;
        const sleeps: Party = async (turn) => {
          const asleep = at.storeOf(turn, (call) => {
            if (call.method === method && isStep(call) && ++calls === which) passed += 1_800_000;
          });
          const given = { ...terms, runs: [], by: 'sweeper' };
          // Given up, it is begun anew.
          await sweep(asleep, given).catch(() => sweep(at.storeOf(turn), given));
        };
        const check = (order: string) => {
          expect([at.has(recordKey('new')), at.there('of nobody')], order).toEqual([true, true]);
        };
        return { parties: [sleeps, needsAnew(at)], check };
      });
  },
);

test('a sweep that is cut off anywhere is carried on by the next one', async () => {
  for (let steps = 0; steps < 10; steps++) {
    const at = bench();
    let left = steps;
    const killed = at.storeOf(() =>
      left-- > 0 ? Promise.resolve() : Promise.reject(new Error('killed')),
    );
    await sweep(killed, { ...terms, runs: ['goes'], by: 'me' }).catch(() => {});
    expect([at.there('needed'), at.has(recordKey('stays'))]).toEqual([true, true]);
    await sweep(at.store, { ...terms, runs: [], by: 'me' });
    expect(at.there('of nobody')).toBe(false);
    // Of a sweep that had not said so yet, the run stays.
    if (steps > 1) expect(at.has('runs/goes/run.json')).toBe(false);
  }
});
