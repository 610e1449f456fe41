import { expect, test } from 'vitest';
import { show } from './show.ts';

test.each([
  [undefined, 'nothing'],
  [null, 'null'],
  ['ten', '"ten"'],
  [['a?', 1], '["a?",1]'],
  [{ mirrors: ['https://me:hush@host/a'] }, '{"mirrors":["https://…@host/a"]}'],
  ['http://host/#token=hush', '"http://host/…"'],
])('%j is shown as JSON without what may be a secret', (value, text) => {
  expect(show(value)).toBe(text);
});

test('what is long or deep is shown in part', () => {
  expect(show('x'.repeat(3_000_000))).toBe(`"${'x'.repeat(119)}…`);
  let deep: unknown = [];
  for (let level = 0; level < 200_000; level++) deep = [deep];
  expect(show(deep)).toBe('something nested too deep to be shown');
});
