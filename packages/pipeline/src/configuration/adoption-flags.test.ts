import { expect, test } from 'vitest';
import { readAdoptionFlags } from './adoption-flags.ts';

test('a run, by its id or as Temporal calls it, and the epoch if there is one', () => {
  expect(readAdoptionFlags({})).toBeUndefined();
  expect(readAdoptionFlags({ adopt: 'a' })).toEqual({ run: 'a' });
  expect(readAdoptionFlags({ adopt: 'train-a', adoptEpoch: '12' })).toEqual({
    run: 'a',
    epoch: 12,
  });
});

test.each([
  [{ adoptEpoch: '3' }, /together with --adopt RUN/],
  [{ adopt: 'a', adoptEpoch: '0' }, /--adoptEpoch[\s\S]*from 1 on[\s\S]*"0"/],
  [{ adopt: 'a', adoptEpoch: 'last' }, /--adoptEpoch[\s\S]*"last"/],
  [{ adopt: 'a/b' }, /where: --adopt\n/],
])('%j is refused', (given, message) => {
  expect(() => readAdoptionFlags(given)).toThrow(message);
});
