import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBlobs } from '../src/blobs.ts';
import { blobKey, createStore, type Store } from '../src/index.ts';
import { type Objects, openObjects } from '../src/objects.ts';
import { readOnlyCredentials } from './read-only-credentials.ts';
import { epochCommit, epochs, fingerprintOf, stage, stageRecord } from './records.ts';
import { openTestService, type TestService } from './service.ts';

let service: TestService;
let store: Store;
const settings = () => ({ ...service.settings, bucket: service.bucket });
const bytes = (text: string): Buffer => Buffer.from(text);

beforeAll(async () => {
  service = await openTestService('artifacts-test');
  store = createStore(settings(), epochs);
  await store.ensureBucket();
});
afterAll(() => service?.stop());

test('a blob comes back as it was, under its digest', async () => {
  const content = Buffer.alloc(3_000_000, 'ab');
  const ref = await store.putBlob(content);
  expect(await store.putBlob(content)).toEqual(ref);
  expect((await store.getBlob(ref)).equals(content)).toBe(true);
  expect(await store.inspectBlob(ref, 'content')).toBeUndefined();
});

test('a damaged blob is reported, never passed on, and replaced by the next write', async () => {
  const ref = await store.putBlob(bytes('the truth'));
  const objects = openObjects(settings());
  await objects.put(blobKey(ref), bytes('the lies!'));
  expect(await store.inspectBlob(ref)).toBeUndefined();
  expect(await store.inspectBlob(ref, 'content')).toBe('damaged');
  await expect(store.getBlob(ref)).rejects.toThrow(/damaged[\s\S]*now in set-aside/);
  expect(await store.inspectBlob(ref)).toBe('missing');
  await objects.put(blobKey(ref), bytes('the tru'));
  expect(await store.inspectBlob(ref)).toBe('damaged');
  await store.putBlob(bytes('the truth'));
  expect((await store.getBlob(ref)).toString()).toBe('the truth');
});

test('of a blob that is longer than its name says, nothing is read', async () => {
  const ref = await store.putBlob(bytes('short'));
  const objects = openObjects(settings());
  await objects.put(blobKey(ref), Buffer.alloc(50_000_000));
  expect(await objects.get(blobKey(ref), 5)).toMatchObject({ bytes: 50_000_000 });
  await expect(store.getBlob(ref)).rejects.toThrow(/found: 50000000 bytes, now in set-aside/);
});

test('a part of a blob is read, as far as the blob goes', async () => {
  const ref = await store.putBlob(bytes('0123456789'));
  expect(String(await store.getBlobPart(ref, 2, 3))).toBe('234');
  expect(String(await store.getBlobPart(ref, 0, 100))).toBe('0123456789');
  expect(await store.getBlobPart({ ...ref, bytes: 9 }, 0, 1)).toBe('damaged');
  expect(await store.getBlobPart({ ...ref, bytes: 99 }, 50, 1)).toBe('damaged');
  expect(await store.getBlobPart({ sha256: 'b'.repeat(64), bytes: 1 }, 0, 1)).toBe('missing');
});

test('a file that is not held is stored and fetched in parts', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'parts-'));
  try {
    const [from, to] = [join(directory, 'from'), join(directory, 'to')];
    const content = randomBytes(11_000_000);
    await writeFile(from, content);
    const objects = openObjects(settings());
    // S3 takes no smaller parts than these.
    await objects.putFile('in-parts', from, 5 * 2 ** 20);
    expect((await objects.get('in-parts', content.length))?.content?.equals(content)).toBe(true);
    const refused = objects.putFile('none', join(directory, 'none'));
    await expect(refused).rejects.toThrow(/does not exist/);

    const blobs = openBlobs(objects, 2 ** 20, 3_000_000);
    const ref = await blobs.putBlobFile(from);
    expect(ref.sha256).toBe(createHash('sha256').update(content).digest('hex'));
    expect(await blobs.putBlobFile(from)).toEqual(ref);
    expect((await store.getBlob(ref)).equals(content)).toBe(true);
    await blobs.getBlobToFile(ref, to);
    expect((await readFile(to)).equals(content)).toBe(true);

    await rm(to);
    const other = Buffer.from(content);
    other[10_500_000]! ^= 1;
    await objects.put(blobKey(ref), other);
    expect(await blobs.inspectBlob(ref)).toBeUndefined();
    expect(await blobs.inspectBlob(ref, 'content')).toBe('damaged');
    await expect(blobs.getBlobToFile(ref, to)).rejects.toThrow(/A blob is damaged/);
    expect(await readdir(directory)).toEqual(['from']);
    await blobs.putBlobFile(from);
    expect(await blobs.inspectBlob(ref, 'content')).toBeUndefined();
    await objects.remove(blobKey(ref));
    await expect(blobs.getBlobToFile(ref, to)).rejects.toThrow(/A blob is missing/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a missing blob is named', async () => {
  const ref = { sha256: 'a'.repeat(64), bytes: 1 };
  expect(await store.inspectBlob(ref)).toBe('missing');
  await expect(store.getBlob(ref)).rejects.toThrow(/missing[\s\S]*aaaa/);
});

test('of two equal stage records the first stays; a differing one is set aside', async () => {
  expect(await store.readStage(stage, fingerprintOf(1))).toBeUndefined();
  expect((await store.commitStage(stage, stageRecord('1', 'first'))).madeBy).toBe('first');
  expect((await store.commitStage(stage, stageRecord('1', 'second'))).madeBy).toBe('first');
  expect((await store.commitStage(stage, stageRecord('2', 'third'))).madeBy).toBe('third');
  expect((await store.readStage(stage, fingerprintOf(1)))?.madeBy).toBe('third');
  expect(await store.recentStages('data', 5)).toHaveLength(1);
  const aside = await openObjects(settings()).list('set-aside/stages/data/');
  expect(aside).toHaveLength(1);
});

test('an epoch is committed once; an overtaken attempt is told so', async () => {
  await store.commitEpoch('t', epochCommit(2, 'b'));
  await store.commitEpoch('t', epochCommit(1, 'a'));
  await store.commitEpoch('t', { ...epochCommit(1, 'a'), madeBy: 'again' });
  await expect(store.commitEpoch('t', epochCommit(1, 'c'))).rejects.toThrow(/already committed/);
  const { commits } = await store.readEpochs('t');
  expect(commits.map(({ epoch, madeBy }) => [epoch, madeBy])).toEqual([
    [1, 'test'],
    [2, 'test'],
  ]);
});

test('an unreadable epoch record is reported and can be set aside', async () => {
  const objects = openObjects(settings());
  await objects.put('stages/train/u/epochs/0003.json', bytes('{"epoch": 3'));
  const { unreadable } = await store.readEpochs('u');
  const key = 'stages/train/u/epochs/0003.json';
  expect(unreadable).toEqual([{ epoch: 3, key, problem: 'it is no valid JSON' }]);
  expect(await store.setEpochAside('u', 3)).toMatch(/^set-aside\/stages\/train\/u/);
  expect((await store.readEpochs('u')).unreadable).toEqual([]);
});

test('a training is begun afresh once for each run', async () => {
  for (const epoch of [1, 2]) await store.commitEpoch('v', epochCommit(epoch, 'a'));
  await store.beginAfresh('v', 'second');
  expect((await store.readEpochs('v')).commits).toEqual([]);
  await store.commitEpoch('v', { ...epochCommit(1, 'b'), madeBy: 'second' });
  await store.beginAfresh('v', 'second');
  const epochs = async () => (await store.readEpochs('v')).commits.map(({ madeBy }) => madeBy);
  expect(await epochs()).toEqual(['second']);
  // An attempt that was interrupted has left no marker, and may have been overtaken.
  await openObjects(settings()).remove('stages/train/v/fresh/second.json');
  await store.commitEpoch('v', epochCommit(2, 'a'));
  await store.beginAfresh('v', 'second');
  expect(await epochs()).toEqual(['second']);
  expect(await openObjects(settings()).list('set-aside/stages/train/v/')).toHaveLength(2);
});

test('a pointer moves only from where it was seen', async () => {
  const first = await store.movePointer('champion', undefined, { run: 'a' });
  expect(first).toBeDefined();
  expect(await store.movePointer('champion', undefined, { run: 'b' })).toBeUndefined();
  const seen = (await store.readPointer('champion'))!;
  expect(await store.movePointer('champion', seen, { run: 'b' })).toBeDefined();
  expect(await store.movePointer('champion', seen, { run: 'c' })).toBeUndefined();
  expect((await store.readPointer('champion'))?.target).toEqual({ run: 'b' });
});

test("a run's report opens in a browser as HTML", async () => {
  expect(await store.createRunFile('r1', 'run.json', bytes('{}'))).toBe(true);
  expect(await store.createRunFile('r1', 'run.json', bytes('{}'))).toBe(false);
  await store.putRunFile('r1', 'report.html', bytes('<p>'));
  const answer = await fetch(await store.runFileUrl('r1', 'report.html'));
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await answer.text()).toBe('<p>');
  expect((await store.listRunFiles('r1')).map(({ key }) => key)).toContain('report.html');
  expect(await store.listRuns()).toEqual(['r1']);
});

test.each([
  ['a wrong secret', { secretKey: 'wrong-secret' }, 'UserError', /refused the credentials/],
  ['an unknown key', { accessKey: 'nobody-at-all' }, 'UserError', /refused the credentials/],
  ['an impossible bucket', { bucket: 'Not_A_Bucket' }, 'UserError', /no usable bucket/],
  ['no service', { endpoint: 'http://127.0.0.1:2' }, 'WorldError', /ECONNREFUSED/],
  ['an unknown host', { endpoint: 'http://nowhere.invalid' }, 'WorldError', /nowhere\.invalid/],
])('%s is told apart and named', async (_name, change, kind, message) => {
  const failing = createStore({ ...settings(), ...change }, epochs).ensureBucket();
  await expect(failing).rejects.toMatchObject({
    name: kind,
    message: expect.stringMatching(message),
  });
});

test('an IPv6 address is used whole', async (context) => {
  const { hostname, port } = new URL(service.settings.endpoint);
  const forward = createServer((socket) => {
    const onward = connect(Number(port), hostname);
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => {});
  });
  const listens = await new Promise((resolve) => {
    forward.once('error', () => resolve(false));
    forward.listen(0, '::1', () => resolve(true));
  });
  if (!listens) return context.skip('this machine has no IPv6');
  const endpoint = `http://[::1]:${(forward.address() as { port: number }).port}/`;
  const over6 = createStore({ ...settings(), endpoint }, epochs);
  const ref = await over6.putBlob(bytes('over IPv6'));
  expect((await over6.getBlob(ref)).toString()).toBe('over IPv6');
  await over6.putRunFile('r6', 'report.html', bytes('<p>'));
  expect((await fetch(await over6.runFileUrl('r6', 'report.html'))).status).toBe(200);
  forward.close();
});

test.each([
  ['https://s3.example/prefix', /path stands in it/],
  ['https://me:hush@s3.example', /user or password/],
  ['s3.example:9000', /does not begin with http/],
])('the endpoint %s is refused by name', (endpoint, problem) => {
  const open = () => createStore({ ...settings(), endpoint }, epochs);
  expect(open).toThrow(/endpoint/);
  expect(open).toThrow(problem);
  expect(open).not.toThrow(/hush/);
});

test('what fails behind a proxy names it', async () => {
  const proxy = { variable: 'http_proxy', address: 'http://me:hush@127.0.0.1:2' };
  const behind = createStore({ ...settings(), endpoint: 'http://s3.invalid', proxy }, epochs);
  const failure = await behind.ensureBucket().catch((error: Error) => error.message);
  expect(failure).toMatch(/through the proxy http:\/\/…@127\.0\.0\.1:2 \(http_proxy\)/);
  expect(failure).toMatch(/ECONNREFUSED/);
  expect(failure).not.toMatch(/hush/);
});

test('TLS towards a plain service is the mistake of the user', async () => {
  const endpoint = service.settings.endpoint.replace('http:', 'https:');
  await expect(
    createStore({ ...settings(), endpoint }, epochs).ensureBucket(),
  ).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('encrypted'),
  });
});

test('a bucket that may only be read is refused, one that is missing is named', async (context) => {
  if (!service.isMinio) return context.skip('the credentials are made by MinIO');
  const readOnly = await readOnlyCredentials(service.settings);
  await expect(
    createStore({ ...settings(), ...readOnly }, epochs).ensureBucket(),
  ).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('does not allow this on bucket "artifacts-test"'),
  });
  await expect(
    createStore({ ...settings(), bucket: 'absent' }, epochs).putBlob(bytes('x')),
  ).rejects.toThrow(/no usable bucket "absent"/);
});

describe("the local stack's identities", () => {
  const folders = [
    ...(['blobs', 'stages', 'runs', 'registry', 'set-aside', 'retention', 'index'] as const),
  ];
  const bucket = 'atelier';

  beforeAll(async () => {
    if (!service.isMinio) return;
    const writer = { ...service.settings, ...service.identity('writer'), bucket };
    await createStore(writer, epochs).ensureBucket();
    await createStore({ ...service.settings, bucket: 'elsewhere' }, epochs).ensureBucket();
    for (const name of ['elsewhere', bucket])
      await openObjects({ ...service.settings, bucket: name }).put('runs/there', bytes('there'));
  });

  /** Which of these the identity may do. */
  async function allowed(work: Record<string, () => Promise<unknown>>): Promise<string[]> {
    const names = Object.keys(work);
    const outcomes = await Promise.all(
      names.map((name) =>
        work[name]!().then(
          () => true,
          (error) => {
            expect(error).toMatchObject({ name: 'UserError', cause: { code: 'AccessDenied' } });
            return false;
          },
        ),
      ),
    );
    return names.filter((_, i) => outcomes[i]);
  }

  test.each([
    [
      'writer',
      ['blobs', 'stages', 'runs', 'registry', 'set-aside', 'retention', 'index'],
      ['blobs', 'stages', 'runs'],
    ],
    ['reader', [], []],
    ['pruner', ['retention', 'index'], ['blobs', 'stages', 'runs', 'set-aside', 'retention']],
  ] as const)('%s may read, and write and remove only where its work is', async (...role) => {
    const [name, written, removed] = role;
    if (!service.isMinio) return;
    const as = (of: string) =>
      openObjects({ ...service.settings, ...service.identity(name), bucket: of });
    const all = (act: (objects: Objects, key: string) => Promise<unknown>) =>
      Object.fromEntries(folders.map((folder) => [folder, () => act(as(bucket), `${folder}/x`)]));
    for (const folder of folders)
      await openObjects({ ...service.settings, bucket }).put(`${folder}/x`, bytes('x'));

    expect(await allowed(all((objects, key) => objects.get(key, 10_000)))).toEqual([...folders]);
    expect(await allowed(all((objects, key) => objects.put(key, bytes('y'))))).toEqual(written);
    expect(await allowed(all((objects, key) => objects.remove(key)))).toEqual(removed);
    expect((await as(bucket).list('runs/')).map(({ key }) => key)).toContain('runs/there');
    const others = as('elsewhere');
    const elsewhere = {
      get: () => others.get('runs/there', 10_000),
      list: () => others.list(''),
      put: () => others.put('runs/there', bytes('mine')),
      remove: () => others.remove('runs/there'),
      make: () => as('one-more').makeBucket(),
    };
    expect(await allowed(elsewhere)).toEqual([]);
  });

  test('who may only read is told of a damaged blob, which stays', async (context) => {
    if (!service.isMinio) return context.skip('the identities are made in MinIO');
    const root = { ...service.settings, bucket };
    const ref = await createStore(root, epochs).putBlob(bytes('the truth'));
    await openObjects(root).put(blobKey(ref), bytes('the lies!'));
    const reader = createStore({ ...root, ...service.identity('reader') }, epochs);
    await expect(reader.getBlob(ref)).rejects.toThrow(/damaged[\s\S]*now in blobs\/sha256/);
    expect(await reader.inspectBlob(ref, 'content')).toBe('damaged');
  });
});

test('a service that says nothing does not hang a call', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const endpoint = `http://127.0.0.1:${port}`;
  const deaf = createStore({ ...settings(), endpoint, timeoutMs: 300 }, epochs);
  const started = performance.now();
  await expect(deaf.ensureBucket()).rejects.toThrow(/silent for 300 ms/);
  expect(performance.now() - started).toBeLessThan(3_000);
  silent.close();
});
