import { openObjects } from '@atelier/artifacts';
import type { EpochCommit } from '../src/run-store.ts';
import type { AtelierStack } from './atelier-stack.ts';
import { until } from './until.ts';

const folder = 'stages/train/';

/** The names of the trainings in a store. */
export const trainings = (at: AtelierStack): Promise<string[]> =>
  openObjects(at.stack.state.s3).listFolders(folder);

export const commitsOf = async (at: AtelierStack, training: string): Promise<EpochCommit[]> =>
  (await at.store.readEpochs(training)).commits;

export const checkpointsOf = async (at: AtelierStack, training: string): Promise<string[]> =>
  (await commitsOf(at, training)).map(({ checkpoint }) => checkpoint.sha256);

/** Waits until a training besides the known ones has so many commits; returns its name. */
export function untilCommitted(
  at: AtelierStack,
  count: number,
  known: readonly string[] = [],
): Promise<string> {
  return until(`${count} commits`, async () => {
    const name = (await trainings(at)).find((other) => !known.includes(other));
    if (name === undefined) return undefined;
    // Asked often while a training goes on: records are counted, not read.
    const records = await openObjects(at.stack.state.s3).list(`${folder}${name}/epochs/`);
    return records.length >= count ? name : undefined;
  });
}

/** Removes the record of every stage and epoch, so that an equal run does all work again. */
export async function forgetWork(at: AtelierStack): Promise<void> {
  const objects = openObjects(at.stack.state.s3);
  for (const { key } of await objects.list('stages/')) await objects.remove(key);
}
