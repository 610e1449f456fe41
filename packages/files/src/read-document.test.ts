import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mostAliases, mostLevels, readDocument } from './read-document.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-documents-'));
});
afterAll(() => rm(folder, { recursive: true }));

const kind = { name: 'letter', expected: 'JSON or YAML', remedy: 'name a letter' };

async function read(text: string): Promise<unknown> {
  const path = join(folder, 'a');
  await writeFile(path, text);
  return readDocument(path, kind);
}

test.each([
  ['{"a": {"b": [1, 2.5e-3, "x", null, true]}}'],
  [
    JSON.stringify(
      { a: ['\u2028', '\\', '"', 'é', '\ud83d\ude00', '\u007f', ' x ', ''] },
      null,
      '\t',
    ),
  ],
  [JSON.stringify({ [`long ${'name'.repeat(500)}`]: -0.5, '0': 'a: b # c', '': '- x' }, null, 2)],
])('JSON is read as JSON: %#', async (json) => {
  expect(await read(json)).toEqual(JSON.parse(json));
});

test('YAML is read, and an empty file is null', async () => {
  expect(await read('a: 1\nb:\n  - x\n  - &c {d: 1}\n  - *c\n')).toEqual({
    a: 1,
    b: ['x', { d: 1 }, { d: 1 }],
  });
  for (const empty of ['', '# nothing\n', '---\n']) expect(await read(empty)).toBeNull();
});

const deep = (levels: number, open: string, close = ''): string =>
  `${open.repeat(levels)}1${close.repeat(levels)}`;
/** "A billion laughs": each line holds the one before it nine times. */
const bomb = Array.from({ length: 9 }, (_, i) =>
  i === 0
    ? 'a0: &a0 [x]'
    : `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
).join('\n');

test.each<[string, string, RegExp, RegExp]>([
  ['lists of JSON', deep(30_000, '[', ']'), /at most 64 groups and lists/, /^more in line 1$/],
  ['groups of JSON', deep(10_000, '{"a":', '}'), /at most 64 groups and lists/, /^more in line 1$/],
  ['lists of YAML', deep(30_000, '- '), /at most 64 groups and lists/, /^more in line 1$/],
  ['keys of YAML', deep(2_000, '? '), /at most 64 groups and lists/, /^more in line 1$/],
  [
    'lists that are not closed',
    deep(30_000, '['),
    /at most 64 groups and lists/,
    /^more in line 1$/,
  ],
  ['aliases', bomb, /of 64 parts/, /alias/],
  ['a merge of nothing', '%YAML 1.1\n---\n<<: *a|', /JSON or YAML/, /Merge sources/],
  ['a merge of a text', '%YAML 1.1\n---\n<<: a', /JSON or YAML/, /Merge sources/],
  ['a name twice', '{"a": 1, "b": {"c": 1, "c": 2}}', /every name once/, /^c twice$/],
  ['a name twice in YAML', 'a: 1\na: 2\n', /every name once/, /^a twice$/],
  ['__proto__', '{"a": {"__proto__": {"b": 1}}}', /names of fields/, /__proto__/],
  ['__proto__ in other words', '"__proto\\u005f_": 1', /names of fields/, /__proto__/],
  ['two documents', 'a: 1\n---\na: 2\n', /one document/, /^several/],
  ['an alias of nothing', 'a: *b\n', /aliases/, /Unresolved alias.* b/],
  ['one name in two ways', '{"a": 1, a: 2, \'a\': 3}', /every name once/, /^a twice$/],
  ['neither', '{"a":', /JSON or YAML/, /./],
  ['a bracket too many', '{"a": 1}}', /JSON or YAML/, /flow-map-end.*, line 1$/],
])('%s is refused with what was expected and found', async (_, text, expected, found) => {
  const failure = await failureFrom(UserError, read(text));
  expect(failure).toMatchObject({ what: 'The letter is not usable.', where: join(folder, 'a') });
  expect(failure.expected).toMatch(expected);
  expect(failure.found).toMatch(found);
});

test('what the limits allow is read', async () => {
  expect(await read(deep(mostLevels, '[', ']'))).toBeDefined();
  expect(await read(`a: &a 1\nb: [${Array(mostAliases - 1).fill('*a')}]`)).toBeDefined();
});
