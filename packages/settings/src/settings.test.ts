import { expect, test } from 'vitest';
import { z } from 'zod';
import { expectationOf, readText, settingsOf, takesMany } from './index.ts';

const schema = z.strictObject({
  name: z.string().optional().meta({ help: 'what it is called', unset: 'none', flag: 'name' }),
  group: z
    .strictObject({
      sizes: z.array(z.int()).default([1, 2]).meta({ help: 'how large', flag: 'sizes' }),
      way: z
        .enum(['up', 'down'])
        .default('up')
        .meta({ help: 'where to', stages: ['train'] }),
    })
    .superRefine(() => {})
    .prefault({}),
});

test('settings are found below groups, with what their metadata says', () => {
  const { name, way, ...others } = Object.fromEntries(
    settingsOf(schema).map((setting) => [setting.path.at(-1), setting]),
  );
  expect(name).toMatchObject({ path: ['name'], help: 'what it is called', unset: 'none' });
  expect(name!.default).toBeUndefined();
  expect(way).toMatchObject({ path: ['group', 'way'], default: 'up', stages: ['train'] });
  expect(Object.keys(others)).toEqual(['sizes']);
});

test('every kind of a union contributes its settings, each path once', () => {
  const kind = <K extends string>(name: K) => z.literal(name).meta({ help: 'which' });
  const both = z.discriminatedUnion('kind', [
    z.strictObject({ kind: kind('a'), size: z.int().meta({ help: 'size of a' }) }),
    z.strictObject({
      kind: kind('b'),
      size: z.int().meta({ help: 'size of b' }),
      depth: z.int().meta({ help: 'depth' }),
    }),
  ]);
  expect(settingsOf(both).map(({ path, help }) => `${path}: ${help}`)).toEqual([
    'kind: which',
    'size: size of a',
    'depth: depth',
  ]);
});

test('an object with help of its own is one setting', () => {
  const whole = z.strictObject({ a: z.strictObject({ b: z.int() }).meta({ help: 'both' }) });
  expect(settingsOf(whole).map(({ path, help }) => [path, help])).toEqual([[['a'], 'both']]);
});

test('a setting without help is none', () => {
  expect(() => settingsOf(z.strictObject({ a: z.strictObject({ b: z.int() }) }))).toThrow('a.b');
});

test.each([
  [z.int().default(1), '5', 5],
  [z.number(), '1e-4', 1e-4],
  [z.int().optional(), 'many', 'many'],
  [z.int(), ' ', ' '],
  [z.string(), '5', '5'],
  [z.enum(['a']), 'a', 'a'],
  [z.boolean().default(true), 'false', false],
  [z.boolean(), 'yes', 'yes'],
  [z.array(z.int()), '1,x,3', [1, 'x', 3]],
  [z.tuple([z.number(), z.number()]), '0.9,0.999', [0.9, 0.999]],
  [z.array(z.string()).default([]), ['a,b', '5'], ['a,b', '5']],
])('%# a text is read as the schema has it', (type, text, value) => {
  expect(readText(type, text)).toEqual(value);
});

test('a list of texts is given text by text, a list of numbers at once', () => {
  expect(takesMany(z.array(z.string().min(1)).default([]))).toBe(true);
  expect(takesMany(z.array(z.int()))).toBe(false);
  expect(takesMany(z.string())).toBe(false);
});

test.each([
  [z.int(), 1.5, 'a whole number'],
  [z.int(), 'x', 'a number'],
  [z.int().min(1), 0, 'at least 1'],
  [z.number().lt(1), 1, 'less than 1'],
  [z.array(z.int()).min(1), [], 'at least 1 entry'],
  [z.string().min(1), '', 'at least 1 character'],
  [z.enum(['a', 'b']), 'c', 'a or b'],
  [z.array(z.int()), 'c', 'a list'],
  [z.string().regex(/x/, 'expected an x'), 'y', 'an x'],
])('%# what was expected is said in words', (type, value, words) => {
  expect(expectationOf(type.safeParse(value).error!.issues[0]!)).toBe(words);
});
