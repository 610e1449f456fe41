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
