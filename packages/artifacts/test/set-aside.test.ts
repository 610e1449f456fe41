import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBlobs } from '../src/blobs.ts';
import { openEpochRecords } from '../src/epoch-records.ts';
import { blobKey, createStore, type Objects, openObjects, type Store } from '../src/index.ts';
import { openStageRecords } from '../src/stage-records.ts';
import { epochCommit, epochs, fingerprintOf, stage, stageRecord } from './records.ts';
import { openTestService, type TestService } from './service.ts';

let service: TestService;
let store: Store;
let objects: Objects;
const bytes = (text: string): Buffer => Buffer.from(text);

beforeAll(async () => {
  service = await openTestService('set-aside-test');
  const settings = { ...service.settings, bucket: service.bucket };
  store = createStore(settings, epochs);
  objects = openObjects(settings);
  await store.ensureBucket();
});
afterAll(() => service?.stop());

const aside = async (key: string): Promise<string[]> =>
  (await objects.list(`set-aside/${key}`)).map((object) => object.key);

/** The same service with somebody else who acts once, after the nth such call is answered. */
function disturbed(call: 'get' | 'copy', key: string, nth: number, act: () => Promise<unknown>) {
  let calls = 0;
  const answered = async (made: typeof call, at: string): Promise<void> => {
    if (made !== call || !at.startsWith(key)) return;
    calls += 1;
    if (calls === nth) await act();
  };
  const watched: Objects = {
    ...objects,
    async get(at, atMost) {
      const found = await objects.get(at, atMost);
      await answered('get', at);
      return found;
    },
    async copy(at, ...rest) {
      const copied = await objects.copy(at, ...rest);
      await answered('copy', at);
      return copied;
    },
  };
  return watched;
}

test.each([
  ['after it was judged', 'get', 2],
  ['while it is copied', 'copy', 1],
] as const)('a blob that is repaired %s stays', async (when, call, nth) => {
  const ref = await store.putBlob(bytes(when));
  await objects.put(blobKey(ref), bytes('other bytes'));
  const repair = () => store.putBlob(bytes(when));
  const blobs = openBlobs(disturbed(call, blobKey(ref), nth, repair));
  expect((await blobs.getBlob(ref)).toString()).toBe(when);
  expect(await store.inspectBlob(ref, 'content')).toBeUndefined();
});

test('a stage record that is replaced while another replaces it stays', async () => {
  const key = `stages/data/${fingerprintOf(1)}.json`;
  await store.commitStage(stage, stageRecord('1', 'first'));
  const quicker = (digest: string) => () =>
    store.commitStage(stage, stageRecord(digest, 'quicker'));
  const equal = openStageRecords(disturbed('get', key, 1, quicker('2')));
  expect((await equal.commitStage(stage, stageRecord('2', 'slower'))).madeBy).toBe('quicker');
  const differing = openStageRecords(disturbed('get', key, 1, quicker('3')));
  await expect(differing.commitStage(stage, stageRecord('4', 'slower'))).rejects.toThrow(
    /Two attempts/,
  );
  expect((await store.readStage(stage, fingerprintOf(1)))?.outputs.split.sha256).toMatch(/^3/);
  // What was replaced, and nothing else.
  expect(await aside(key)).toHaveLength(2);
});

test('an epoch that is committed again while the old record is judged stays', async () => {
  const key = 'stages/train/w/epochs/0001.json';
  await store.commitEpoch('w', epochCommit(1, 'a'));
  const successor = async (): Promise<void> => {
    await store.beginAfresh('w', 'second');
    await store.commitEpoch('w', { ...epochCommit(1, 'b'), madeBy: 'second' });
  };
  await openEpochRecords(disturbed('get', key, 1, successor), epochs).beginAfresh('w', 'second');
  expect((await store.readEpochs('w')).commits).toMatchObject([{ epoch: 1, madeBy: 'second' }]);
});

test.each([
  ['cut short', () => bytes('{"schemaVersion": 1'), /no valid JSON/],
  [
    'of a later schema',
    () => json({ ...stageRecord('1', 'x'), schemaVersion: 2 }),
    /schemaVersion/,
  ],
  ['of other work', () => json(stageRecord('1', 'x', 2)), /other work/],
  [
    'of other inputs',
    () => json({ ...stageRecord('1', 'x'), inputs: { seed: 2 } }),
    /not those of its fingerprint/,
  ],
  [
    'of another version',
    () => json({ ...stageRecord('1', 'x'), version: 2 }),
    /not those of its fingerprint/,
  ],
  ['with one output too many', () => json(withOutput(stageRecord('1', 'x'))), /Unrecognized key/],
  ['by nobody', () => json({ ...stageRecord('1', 'x'), madeBy: 'a\nb' }), /one line of text/],
  ['nested deeply', () => bytes(`{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`), /levels/],
  [
    'given another prototype',
    () => bytes(JSON.stringify(stageRecord('1', 'x')).replace('{', '{"__proto__": {},')),
    /__proto__/,
  ],
  ['of 50 MB', () => Buffer.alloc(50_000_000, ' '), /50000000 bytes, more than/],
  ['without an output', () => json({ ...stageRecord('1', 'x'), outputs: {} }), /outputs.split/],
  ['of another summary', () => json({ ...stageRecord('1', 'x'), summary: {} }), /summary.images/],
])(
  'a stage record that is %s counts as none, is reported and set aside',
  async (_, content, problem) => {
    const fingerprint = fingerprintOf(1);
    const key = `stages/data/${fingerprint}.json`;
    await objects.put(key, content());
    expect(await store.readStage(stage, fingerprint)).toBeUndefined();
    const reported = (await store.setUnreadableStageAside(stage, fingerprint))!;
    expect(reported.problem).toMatch(problem);
    expect(await aside(key)).toContain(reported.aside);
    expect(await objects.size(key)).toBeUndefined();
  },
);

const withOutput = (record: ReturnType<typeof stageRecord>) => ({
  ...record,
  outputs: { ...record.outputs, more: record.outputs.split },
});
const json = (value: unknown): Buffer => bytes(JSON.stringify(value));

test('only an unreadable stage record is set aside', async () => {
  const fingerprint = fingerprintOf(3);
  expect(await store.setUnreadableStageAside(stage, fingerprint)).toBeUndefined();
  const first = stageRecord('1', 'first', 3);
  await store.commitStage(stage, first);
  expect(await store.setUnreadableStageAside(stage, fingerprint)).toBeUndefined();
  expect((await store.readStage(stage, fingerprint))?.madeBy).toBe('first');
  // Judged by whoever knows what it should say, it is moved; another in its place is not.
  expect(await store.setStageAside(stage, { ...first, madeBy: 'other' })).toBeUndefined();
  expect(await store.setStageAside(stage, first)).toMatch(/^set-aside\/stages\/data/);
  expect(await store.readStage(stage, fingerprint)).toBeUndefined();
});

test('an unreadable pointer counts as none, and is set aside by whoever moves it first', async () => {
  await objects.put('registry/torn.json', bytes('{"run": '));
  const [seen, alsoSeen] = [await store.readPointer('torn'), await store.readPointer('torn')];
  expect(seen).toMatchObject({ target: null, problem: 'it is no valid JSON' });
  expect(await store.movePointer('torn', seen, { run: 'a' })).toBeDefined();
  expect(await store.movePointer('torn', alsoSeen, { run: 'b' })).toBeUndefined();
  const now = (await store.readPointer('torn'))!;
  expect(now.target).toEqual({ run: 'a' });
  expect(now.problem).toBeUndefined();
  const [copy] = await aside('registry/torn.json');
  expect((await objects.get(copy!, 100))?.content?.toString()).toBe('{"run": ');
});

test('a pointer of a later release stays as it is', async () => {
  await objects.put('registry/later.json', json({ schemaVersion: 2, runs: ['a'] }));
  await expect(store.readPointer('later')).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(
      /later release[\s\S]*registry\/later\.json[\s\S]*schemaVersion 2/,
    ),
  });
  expect(await store.movePointer('later', undefined, { run: 'b' })).toBeUndefined();
  await objects.put('registry/now.json', json({ schemaVersion: 1, run: 'a' }));
  expect((await store.readPointer('now'))?.target).toEqual({ schemaVersion: 1, run: 'a' });
});

test('an epoch record that has taken the place of the judged one stays', async () => {
  await store.commitEpoch('j', epochCommit(1, 'a'));
  const [good] = (await store.readEpochs('j')).commits;
  expect(await store.setEpochAside('j', 1, epochCommit(1, 'b'))).toBeUndefined();
  // Not what could not be read, either.
  expect(await store.setEpochAside('j', 1)).toBeUndefined();
  expect((await store.readEpochs('j')).commits).toEqual([good]);
  expect(await store.setEpochAside('j', 1, good)).toMatch(/^set-aside\//);
  expect((await store.readEpochs('j')).commits).toEqual([]);
});
