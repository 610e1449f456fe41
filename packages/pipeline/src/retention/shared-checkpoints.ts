import { eachAtOnce } from '../at-once.ts';
import type { Store } from '../run-store.ts';

type Reading = Pick<Store, 'listTrainings' | 'readEpoch' | 'readEpochs' | 'readThinned'>;

/** Requests to the store at the same time. */
const atOnce = 16;

/**
 * The checkpoints that other trainings name and have not thinned out themselves.
 *
 * Only a training that began like this one can name one of its checkpoints: that is by adoption, or
 * the same work under another version of the stage. So one small record of each training is read,
 * and all of its relatives alone. What the relatives have thinned out is read before their epochs:
 * whoever adopts copies the epochs' records first and then looks at what is thinned out, so that a
 * checkpoint which somebody has begun to rely on meanwhile is among the records.
 * @param first the checkpoint of this training's first epoch
 */
export async function namedElsewhere(
  store: Reading,
  training: string,
  first: string,
): Promise<Set<string>> {
  const begins = new Map<string, string>();
  const relatives = async (): Promise<string[]> => {
    const others = (await store.listTrainings()).filter((other) => other !== training);
    await eachAtOnce(
      others.filter((other) => !begins.has(other)),
      atOnce,
      async (other) => {
        const begin = (await store.readEpoch(other, 1))?.checkpoint.sha256;
        if (begin !== undefined) begins.set(other, begin);
      },
    );
    // One whose first record is not there, or not readable, may be a relative.
    return others.filter((other) => (begins.get(other) ?? first) === first);
  };

  const thinned = new Map<string, ReadonlyMap<string, number>>();
  await eachAtOnce(await relatives(), atOnce, async (other) => {
    const found = await store.readThinned(other);
    if (found !== undefined) thinned.set(other, found);
  });
  const named = new Set<string>();
  await eachAtOnce(await relatives(), atOnce, async (other) => {
    const { commits } = await store.readEpochs(other);
    for (const { checkpoint } of commits)
      if (!thinned.get(other)?.has(checkpoint.sha256)) named.add(checkpoint.sha256);
  });
  return named;
}
