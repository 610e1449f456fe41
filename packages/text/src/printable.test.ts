import { expect, test } from 'vitest';
import { bounded, firstFew, oneLine, printable } from './printable.ts';

test.each([
  ['an escape sequence', '\x1b[2J\x1b]0;title\x07', '\\u001b[2J\\u001b]0;title\\u0007'],
  ['C1: CSI and OSC in one byte', '\x9b31m\x9d0;x\x9c', '\\u009b31m\\u009d0;x\\u009c'],
  ['what overwrites the line', 'a\rb\x08\x7f', 'a\\u000db\\u0008\\u007f'],
  ['what reorders the line', 'a\u202eb\u2066c\u200f', 'a\\u202eb\\u2066c\\u200f'],
  ['what nobody sees', 'a\u200bb\ufeffc\u{e0041}', 'a\\u200bb\\ufeffc\\udb40\\udc41'],
  ['other ends of lines', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
  ['half a character', 'a\ud800b', 'a\\ud800b'],
])('%s is shown, not obeyed', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('writing stays as it is, and so do tabs and ends of lines', () => {
  const text = 'Größe\t“T-shirt”\n字 👩‍🔬 ❤️ خانه‌ها क्‍ष';
  expect(printable(text)).toBe(text);
});

test('JSON stays the same JSON', () => {
  const value = { name: '\x1b[31m\u202e\u{e0041}\x9b' };
  expect(JSON.parse(printable(JSON.stringify(value)))).toEqual(value);
});

test('a line stays one line', () => {
  expect(oneLine('a\n  b\r\nc\rd')).toBe('a | b | c\\u000dd');
});

test('what is cut says how much, and cuts no character in half', () => {
  expect(bounded('abc', 3)).toBe('abc');
  expect(bounded('a'.repeat(2_500), 1_000)).toBe(`${'a'.repeat(1_000)}… (1,500 more characters)`);
  expect(bounded('ab😀cd', 3)).toBe('ab… (4 more characters)');
});

test('of a list the first are named, and how many more there are', () => {
  expect(firstFew(['a', 'b'], 2)).toBe('a, b');
  expect(firstFew(['a', 'b', 'c'], 2)).toBe('a, b and 1 more');
  expect(firstFew(Array(2_002).fill('a'), 2, '\n')).toBe('a\na\nand 2,000 more');
  expect(firstFew([], 2)).toBe('');
});
