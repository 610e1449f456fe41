import { parseDocument } from '@atelier/artifacts';
import { z } from 'zod';
import type { EpochLine, Progress } from '../progress.ts';
import { type Store, trainingOf } from '../run-store.ts';
import type { StageName } from '../stages/index.ts';

/** The part of run.json that shows how a run went, as any version of Atelier writes it. */
const recordSchema = z.looseObject({
  configuration: z.looseObject({ recipe: z.looseObject({ epochs: z.number() }) }),
  stages: z
    .record(
      z.string(),
      z.looseObject({
        seconds: z.number(),
        cache: z.looseObject({ hit: z.boolean(), why: z.string() }),
      }),
    )
    .default({}),
});

/**
 * How a run that is over went, read from what it stored: no worker has to answer, and the run may
 * be of another version, with other stages. Undefined where it left no record.
 */
export async function recordedProgress(store: Store, runId: string): Promise<Progress | undefined> {
  const content = await store.getRunFile(runId, 'run.json');
  const record = content && parseDocument(content, recordSchema).value;
  if (record === undefined) return undefined;
  const stages = Object.entries(record.stages).map(([stage, { seconds, cache }]) => ({
    ...{ stage: stage as StageName, state: 'done' as const },
    ...{ seconds, hit: cache.hit, why: cache.why },
  }));
  const training = record.stages.train?.cache.hit ? undefined : await trainingOf(store, runId);
  return {
    ...{ runId, status: 'ended', stages, notices: [] },
    epochs: training === undefined ? [] : await epochLines(store, training),
    totalEpochs: record.configuration.recipe.epochs,
  };
}

async function epochLines(store: Store, training: string): Promise<EpochLine[]> {
  const { commits } = await store.readEpochs(training);
  return commits.map(({ epoch, metrics, seconds }) => ({ epoch, ...metrics, seconds }));
}
