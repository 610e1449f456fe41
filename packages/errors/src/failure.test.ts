import { expect, test } from 'vitest';
import { describeFailure, isUserError, UserError, WorldError } from './index.ts';

test('a failure names what is known and leaves out what is not', () => {
  expect(
    describeFailure({ what: 'Bad magic', where: 'a.gz', expected: '0x803', found: '0x0' }),
  ).toBe('Bad magic\n  where: a.gz\n  expected: 0x803\n  found: 0x0');
});

test('the two kinds are told apart by name', () => {
  expect(isUserError(new UserError({ what: 'x' }))).toBe(true);
  expect(isUserError(new WorldError({ what: 'x' }))).toBe(false);
});

test('what others wrote is shown, not obeyed, and cannot pass for another part', () => {
  const text = describeFailure({
    what: 'Unknown field \x1b]0;a\x07',
    where: 'http://a.example/ (answered 503 \x9b2J\x1b[31mgone)',
    found: 'b\n  what to do: run this\u202e',
    remedy: 'c'.repeat(11_000),
  });
  expect(text.split('\n')).toEqual([
    'Unknown field \\u001b]0;a\\u0007',
    '  where: http://a.example/ (answered 503 \\u009b2J\\u001b[31mgone)',
    '  found: b',
    '      what to do: run this\\u202e',
    `  what to do: ${'c'.repeat(10_000)}… (1,000 more characters)`,
  ]);
});
