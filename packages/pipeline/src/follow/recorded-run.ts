import { z } from 'zod';
import type { Progress } from '../progress.ts';
import { readRunRecord, resultOfRecord } from '../record/read-run-record.ts';
import { forgottenEnd } from '../record/run-status.ts';
import { adoptionSchema, type EpochData, epochDataSchema } from '../run-configuration.ts';
import { type Store, trainingOf } from '../run-store.ts';
import { lineOf } from '../stages/train/history.ts';
import { otherDataOf } from '../stages/train/plan.ts';
import type { RunEnding } from './run-ending.ts';

/** The part of run.json that shows how a run went, as any version of Atelier writes it. */
const recordSchema = z.looseObject({
  configuration: z.looseObject({
    recipe: z.looseObject({ epochs: z.number() }),
    adopt: adoptionSchema.optional().catch(undefined),
  }),
  stages: z
    .record(
      z.string(),
      z.looseObject({
        seconds: z.number(),
        cache: z.looseObject({ hit: z.boolean(), why: z.string() }),
        outputs: epochDataSchema
          .pick({ train: true, validation: true })
          .loose()
          .optional()
          .catch(undefined),
      }),
    )
    .default({}),
});

/**
 * How a run that is over went, read from what it stored: no worker has to answer, and the run may
 * be of another version, with other stages. Undefined where it left no record.
 */
export async function recordedProgress(store: Store, runId: string): Promise<Progress | undefined> {
  const record = (await store.readRunDocument(runId, 'run.json', recordSchema))?.value;
  if (record === undefined) return undefined;
  const stages = Object.entries(record.stages).map(([stage, { seconds, cache }]) => ({
    ...{ stage, state: 'done' as const },
    ...{ seconds, hit: cache.hit, why: cache.why },
  }));
  const training = record.stages.train?.cache.hit ? undefined : await trainingOf(store, runId);
  const { fingerprint } = training?.value ?? {};
  const { commits } =
    fingerprint === undefined ? { commits: [] } : await store.readEpochs(fingerprint);
  return {
    ...{ runId, status: 'ended', stages, notices: [] },
    epochs: commits.map((commit) => lineOf(commit, otherData(record))),
    totalEpochs: record.configuration.recipe.epochs,
  };
}

/**
 * How a run ended that Temporal has forgotten.
 * @throws UserError where its record cannot be read
 */
export async function recordedEnding(store: Store, runId: string): Promise<RunEnding> {
  const record = await readRunRecord(store, runId);
  const { status, why } = record;
  if (status === 'finished')
    return { kind: status, result: resultOfRecord(record), isForgotten: true };
  if (status === 'running' || status === 'parked')
    return { kind: 'failed', message: forgottenEnd.why.message };
  return { kind: status, message: why?.message ?? `It was ${status}.` };
}

/** Which of a run's epochs were validated on other images than its own. */
function otherData({ configuration, stages }: z.infer<typeof recordSchema>): EpochData[] {
  const own = stages.data?.outputs;
  return own === undefined ? [] : otherDataOf(configuration.adopt?.data, own);
}
