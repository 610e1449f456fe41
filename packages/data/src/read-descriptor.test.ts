import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followedFiles, withFiles } from './descriptor.ts';
import type { IdxDescriptor } from './formats/idx.ts';
import { readDescriptor, readOpenDescriptor } from './read-descriptor.ts';

const fashionMnist = fileURLToPath(
  new URL('../../../datasets/fashion-mnist.json', import.meta.url),
);
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'descriptor-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function failureOf(text: string) {
  const path = join(directory, 'd.json');
  await writeFile(path, text);
  const failure = await failureFrom(UserError, readOpenDescriptor(path));
  expect(failure.where).toContain(path);
  return failure;
}

test("the project's own descriptor is valid", async () => {
  const descriptor = await readDescriptor(fashionMnist);
  expect(descriptor).toMatchObject({ height: 28, width: 28, validationCount: 5000 });
  expect(descriptor.classes).toHaveLength(10);
});

test.each<[string, (d: Record<string, unknown>) => void, string, RegExp, string]>([
  ['a missing field', (d) => delete d.height, 'height', /number/, 'nothing'],
  ['a wrong type', (d) => (d.classes = 'ten'), 'classes', /a list/, '"ten"'],
  ['an unknown field', (d) => (d.colour = true), 'the whole file', /colour/, ''],
  ['no validation', (d) => (d.validationCount = 0), 'validationCount', /more than 0/, '0'],
  ['another schema', (d) => (d.schemaVersion = 2), 'schemaVersion', /1/, '2'],
  ['an unusable mirror', (d) => (d.mirrors = ['file:///a#b']), 'mirrors.0', /%23/, '"file:///a…"'],
  ['two channels', (d) => (d.channels = 2), 'channels', /^1 \(grey\) or 3/, '2'],
  [
    'classes that look alike',
    (d) => (d.classes = ['a', 'b', 'a\u00a0']),
    'classes',
    /0 and 2/,
    'b',
  ],
  ['a hidden class', (d) => (d.classes = ['a', 'a\u200b']), 'classes.1', /U\+200B/, '"a'],
  ['a title turned round', (d) => (d.title = 'a\u202eb'), 'title', /U\+202E/, '"a'],
  ['a long class', (d) => (d.classes = ['a', 'b'.repeat(201)]), 'classes.1', /200/, '"bbb'],
  [
    'an escape in a mirror',
    (d) => (d.mirrors = ['http://a/%1b[2J']),
    'mirrors.0',
    /control/,
    '%1b',
  ],
  ['a long title', (d) => (d.title = 'b'.repeat(201)), 'title', /at most 200/, '"bb'],
  ['many mirrors', (d) => (d.mirrors = Array(65).fill('http://a')), 'mirrors', /at most 64/, 'a"'],
  ['equal classes', (d) => (d.classes = ['a', 'a']), 'classes', /once/, '["a","a"]'],
])('%s is named', async (_, spoil, field, expected, found) => {
  const descriptor = { ...(await readDescriptor(fashionMnist)) } as Record<string, unknown>;
  spoil(descriptor);
  const failure = await failureOf(JSON.stringify(descriptor));
  expect(failure.where).toContain(field);
  expect(failure.expected).toMatch(expected);
  expect(failure.found).toContain(found);
});

test('a file of 3.2 MB of class names, or of 100 MB, is refused by its size', async () => {
  const descriptor = await readDescriptor(fashionMnist);
  const classes = Array.from({ length: 256 }, (_, i) => `${i} `.repeat(4000));
  const failure = await failureOf(JSON.stringify({ ...descriptor, classes }));
  expect(failure.expected).toContain('of at most 65536 bytes');
  expect(failure.found).toMatch(/^\d{7} bytes$/);
  const path = join(directory, 'sparse.json');
  await writeFile(path, '');
  await truncate(path, 100_000_000);
  expect((await failureFrom(UserError, readDescriptor(path))).found).toBe('100000000 bytes');
});

test.each(['../../etc/passwd', 'a'.repeat(129), 'a/b.gz', '/etc/passwd', '..', '', '.hidden'])(
  'the file name %j cannot lead out of a folder',
  async (name) => {
    const descriptor = (await readDescriptor(fashionMnist)) as IdxDescriptor;
    const files = { ...descriptor.files, testLabels: { ...descriptor.files.testLabels, name } };
    const failure = await failureOf(JSON.stringify({ ...descriptor, files }));
    expect(failure.where).toContain('field files.testLabels.name');
  },
);

test('files that overwrite each other are refused', async () => {
  const descriptor = (await readDescriptor(fashionMnist)) as IdxDescriptor;
  const files = { ...descriptor.files, testLabels: descriptor.files.trainLabels };
  const failure = await failureOf(JSON.stringify({ ...descriptor, files }));
  expect(failure.where).toContain('field files');
});

test('a byte order mark is no part of the descriptor', async () => {
  const path = join(directory, 'marked.json');
  await writeFile(path, `\uFEFF${await readFile(fashionMnist, 'utf8')}`);
  expect(await readDescriptor(path)).toEqual(await readDescriptor(fashionMnist));
});

test('a descriptor that names its format reads as one that does not', async () => {
  const path = join(directory, 'named.json');
  const plain = await readDescriptor(fashionMnist);
  await writeFile(path, JSON.stringify({ format: 'idx', channels: 1, ...plain }));
  expect(JSON.stringify(await readDescriptor(path))).toBe(JSON.stringify(plain));
  const failure = await failureOf(JSON.stringify({ ...plain, format: 'tfrecord' }));
  expect(failure).toMatchObject({ expected: expect.stringContaining('idx'), found: '"tfrecord"' });
  expect(failure.where).toContain('field format');
});

test('what is no JSON, or not there, is said', async () => {
  expect((await failureOf('{"name":')).expected).toContain('JSON');
  await expect(readDescriptor(join(directory, 'missing.json'))).rejects.toThrow(/missing\.json/);
});

test('a file may be followed, which has no size and no digest', async () => {
  const plain = JSON.parse(await readFile(fashionMnist, 'utf8'));
  const { name } = plain.files.testLabels;
  const testLabels = { name, follow: true };
  const open = { ...plain, files: { ...plain.files, testLabels }, contract: { examples: 50 } };
  const path = join(directory, 'open.json');
  await writeFile(path, JSON.stringify(open));
  const descriptor = await readOpenDescriptor(path);
  expect(descriptor.contract).toMatchObject({ examples: 50, classBalance: 5 });
  expect(followedFiles(descriptor)).toEqual([['testLabels', name]]);
  expect(withFiles(descriptor, plain.files)).toEqual(plain);
  await expect(readDescriptor(path)).rejects.toThrow('testLabels followed');
});

test.each<[string, object, object, RegExp]>([
  ['a digest', { follow: true, sha256: 'a'.repeat(64) }, {}, /sha256/],
  ['no word of it', { follow: false }, {}, /true, or no such field/],
  ['nothing at all', {}, {}, /number/],
  ['a limit below 0', { follow: true }, { contract: { mean: -1 } }, /0/],
])('a followed file with %s is refused', async (_, file, more, expected) => {
  const plain = JSON.parse(await readFile(fashionMnist, 'utf8'));
  const files = { ...plain.files, testLabels: { name: 'a.gz', ...file } };
  const failure = await failureOf(JSON.stringify({ ...plain, ...more, files }));
  expect(failure.expected).toMatch(expected);
});

test('limits of change are refused where nothing can change', async () => {
  const plain = JSON.parse(await readFile(fashionMnist, 'utf8'));
  const failure = await failureOf(JSON.stringify({ ...plain, contract: {} }));
  expect(failure.where).toContain('field contract');
});
