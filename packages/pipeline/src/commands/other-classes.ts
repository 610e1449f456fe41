import { firstFew } from '@atelier/text';
import { readRunRecord } from '../record/read-run-record.ts';
import type { Store } from '../run-store.ts';

/**
 * That one run's model tells other classes than another's, which nothing else keeps it from: a dataset is known
 * by its name, which another folder may have as well.
 * @returns undefined where they are the same, or one of them is on record no more
 */
export async function otherClasses(
  store: Pick<Store, 'readRunDocument' | 'bucket'>,
  before: string,
  now: string,
): Promise<string | undefined> {
  const classesOf = async (run: string): Promise<string[] | undefined> => {
    const { classes } = (await readRunRecord(store, run)).configuration.dataset;
    return Array.isArray(classes) ? classes.map(String) : undefined;
  };
  const [was, is] = await Promise.all(
    [before, now].map((run) => classesOf(run).catch(() => undefined)),
  );
  if (was === undefined || is === undefined || was.join('\n') === is.join('\n')) return undefined;
  const without = (some: string[], others: string[]): string =>
    firstFew(
      some.filter((it) => !others.includes(it)),
      10,
    );
  const [gone, more] = [without(was, is), without(is, was)];
  const changes = [gone && `no longer tells ${gone}`, more && `tells ${more} now`].filter(Boolean);
  const what = changes.join(', and ') || 'has its classes in another order';
  return `The model ${what}. Services that follow it answer so from now on.`;
}
