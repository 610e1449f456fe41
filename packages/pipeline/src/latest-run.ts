import type { Store } from '@atelier/artifacts';
import { z } from 'zod';
import { runIdForm } from './configuration/run-id.ts';

/** What `registry/latest.json` points to: the finished run that was started last. */
const latestRunSchema = z.strictObject({
  runId: z.string().regex(runIdForm),
  startedAt: z.iso.datetime(),
});

export type LatestRun = z.infer<typeof latestRunSchema>;

const pointer = 'latest';

/**
 * Moves the pointer to a finished run, forward in time only: a run that was started later stays
 * where it is, and doing it again changes nothing.
 */
export async function advanceLatestRun(
  store: Pick<Store, 'readPointer' | 'movePointer'>,
  { runId, startedAt }: LatestRun,
): Promise<void> {
  for (;;) {
    const seen = await store.readPointer(pointer);
    const current = latestRunSchema.safeParse(seen?.target).data;
    if (current !== undefined && order(current) >= order({ runId, startedAt })) return;
    if ((await store.movePointer(pointer, seen, { runId, startedAt })) !== undefined) return;
    // Another run moved it in between: whether this one is later still is looked at again.
  }
}

export async function readLatestRun(
  store: Pick<Store, 'readPointer'>,
): Promise<LatestRun | undefined> {
  return latestRunSchema.safeParse((await store.readPointer(pointer))?.target).data;
}

/** By time; runs that were started in the same millisecond, by name. */
const order = ({ runId, startedAt }: LatestRun): string => `${startedAt} ${runId}`;
