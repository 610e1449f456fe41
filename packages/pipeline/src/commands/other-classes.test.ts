import { expect, test } from 'vitest';
import type { Store } from '../run-store.ts';
import { otherClasses } from './other-classes.ts';

const records: Record<string, string[]> = {
  ...{ first: ['cat', 'dog'], same: ['cat', 'dog'] },
  other: ['oak', 'fir'],
};

const store = {
  bucket: 'atelier',
  readRunDocument: async (run: string) =>
    records[run] && { value: { configuration: { dataset: { classes: records[run] } } } },
} as unknown as Pick<Store, 'readRunDocument' | 'bucket'>;

test('that a service will answer with other classes is said', async () => {
  expect(await otherClasses(store, 'first', 'same')).toBeUndefined();
  expect(await otherClasses(store, 'removed', 'other')).toBeUndefined();
  expect(await otherClasses(store, 'first', 'other')).toMatch(
    /^The model tells oak, fir; before, it was cat, dog\./,
  );
});
