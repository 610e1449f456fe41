import { expect, test } from 'vitest';
import { lineProblem, nameKey } from './names.ts';

test.each(['T-shirt/top', 'Größe 42', 'خانه‌ها', 'क्‍ष', '👩‍🔬', '👩🏽‍🔬 ❤️ 1️⃣', '葛\u{e0100}'])(
  '%s is a name',
  (name) => {
    expect(lineProblem(name)).toBeUndefined();
  },
);

test.each([
  ['a\u200b', 'U+200B'],
  ['a\u202eb', 'U+202E'],
  ['\u2067a\u2069', 'U+2067'],
  ['a\u200db', 'U+200D'],
  ['a\u200c', 'U+200C'],
  ['soft\u00adhyphen', 'U+00AD'],
  ['\u3164', 'U+3164'],
  ['a\ufe0f', 'U+FE0F'],
  ['a\u{e0041}', 'U+E0041'],
])('%j holds what cannot be seen', (name, code) => {
  expect(lineProblem(name)).toContain(code);
});

test.each(['a\nb', '\x1b[31m', '\x9b31m', 'a\u2028b', '\ud800'])('%j is no line', (name) => {
  expect(lineProblem(name)).toBe('text without control characters');
});

test('names that look alike are the same', () => {
  for (const [one, other] of [
    ['a', 'a\u200b'],
    ['a b', 'a\u00a0 b '],
    ['é', 'e\u0301'],
    ['ﬁn', 'fin'],
    ['e\u200b\u0301', 'é'],
    ['خانه‌ها', 'خانهها'],
  ] as const)
    expect(nameKey(one), other).toBe(nameKey(other));
  // EMNIST has a class for each.
  expect(nameKey('A')).not.toBe(nameKey('a'));
});
