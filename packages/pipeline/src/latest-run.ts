import { clockDifference, type Pointer, type Store } from '@atelier/artifacts';
import { z } from 'zod';
import { runIdForm } from './names.ts';

/** What `registry/latest.json` points to: the finished run that was started last. */
const latestRunSchema = z.strictObject({
  runId: z.string().regex(runIdForm),
  startedAt: z.iso.datetime(),
});

export type LatestRun = z.infer<typeof latestRunSchema>;

type Pointers = Pick<Store, 'readPointer' | 'movePointer' | 'readRunDocument'>;

const pointer = 'latest';

/**
 * Moves the pointer to a finished run, forward in time only: a run that was started later stays
 * where it is, and doing it again changes nothing. A pointer that cannot be right is set aside.
 */
export async function advanceLatestRun(
  store: Pointers,
  { runId, startedAt }: LatestRun,
): Promise<void> {
  for (;;) {
    const seen = await store.readPointer(pointer);
    const { run, problem } = await follow(store, seen);
    if (run !== undefined && order(run) >= order({ runId, startedAt })) return;
    const from = seen && problem !== undefined ? { ...seen, problem } : seen;
    if ((await store.movePointer(pointer, from, { runId, startedAt })) !== undefined) return;
    // Another run moved it in between: whether this one is later still is looked at again.
  }
}

/** The run that the pointer names, or why it names none; neither where there is no pointer. */
export const readLatestRun = async (
  store: Pick<Pointers, 'readPointer' | 'readRunDocument'>,
): Promise<Found> => follow(store, await store.readPointer(pointer));

type Found = { run?: LatestRun; problem?: undefined } | { run?: undefined; problem: string };

/** What is read of the run.json of the run that a pointer names. */
const finishedSchema = z.looseObject({
  runId: z.string(),
  startedAt: z.string(),
  status: z.literal('finished'),
});

/** A pointer is written when its run is finished, and says of it what the run says of itself. */
async function follow(
  store: Pick<Pointers, 'readRunDocument'>,
  seen: Pointer | undefined,
): Promise<Found> {
  if (seen === undefined) return {};
  if (seen.problem !== undefined) return { problem: seen.problem };
  const run = latestRunSchema.safeParse(seen.target).data;
  if (run === undefined) return { problem: 'it names no run' };
  if (Date.parse(run.startedAt) > Date.now() + clockDifference)
    return { problem: `it names a run that starts in the future, at ${run.startedAt}` };
  const record = (await store.readRunDocument(run.runId, 'run.json', finishedSchema))?.value;
  if (record?.runId === run.runId && record.startedAt === run.startedAt) return { run };
  return { problem: `there is no finished run ${run.runId} of ${run.startedAt}` };
}

/** By time; runs that were started in the same millisecond, by name. */
const order = ({ runId, startedAt }: LatestRun): string => `${startedAt} ${runId}`;
