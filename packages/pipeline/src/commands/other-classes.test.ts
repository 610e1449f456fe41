import { expect, test } from 'vitest';
import type { Store } from '../run-store.ts';
import { otherClasses } from './other-classes.ts';

const many = Array.from({ length: 12 }, (_, i) => `class ${i}`);
const records: Record<string, string[]> = {
  ...{ first: ['cat', 'dog'], same: ['cat', 'dog'], turned: ['dog', 'cat'] },
  ...{ other: ['dog', 'fir'], many, more: [...many, 'last'] },
};

const store = {
  bucket: 'atelier',
  readRunDocument: async (run: string) =>
    records[run] && { value: { configuration: { dataset: { classes: records[run] } } } },
} as unknown as Pick<Store, 'readRunDocument' | 'bucket'>;

test('that a service will answer with other classes is said', async () => {
  expect(await otherClasses(store, 'first', 'same')).toBeUndefined();
  expect(await otherClasses(store, 'removed', 'other')).toBeUndefined();
});

test.each([
  ['first', 'other', 'no longer tells cat, and tells fir now'],
  ['many', 'more', 'tells last now'],
  ['more', 'many', 'no longer tells last'],
  ['first', 'turned', 'has its classes in another order'],
])('of %s and %s: it %s', async (before, now, what) => {
  expect(await otherClasses(store, before, now)).toBe(
    `The model ${what}. Services that follow it answer so from now on.`,
  );
});
