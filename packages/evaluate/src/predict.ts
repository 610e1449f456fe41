import { WorldError } from '@atelier/errors';
import { runChild } from '@atelier/subprocess';
import type { PredictSplitOptions } from './predict-split.ts';
import type { Predictions } from './predictions.ts';

/** What the prediction process is told. */
export interface PredictionJob extends Omit<PredictSplitOptions, 'signal'> {
  /** A model file or a training checkpoint. */
  modelPath: string;
  /** A split's safetensors. */
  splitPath: string;
  /** Those of its shards, where it has any. */
  shards?: readonly string[] | undefined;
  /** Of files that were held against their digest what they were then, by path; see `SplitFiles`. */
  stamps?: Readonly<Record<string, string>> | undefined;
  /** Threads that one operation may use; every core by default. */
  threads?: number | undefined;
}

export interface PredictOptions extends PredictionJob {
  signal?: AbortSignal;
  /** Told every line that the prediction process prints. */
  onOutput?: (line: string) => void;
}

/**
 * Has a model say what every example of a split is, in a child process of its own, so that this
 * process never loads libtensorflow.
 * @throws UserError where model and split are not readable or do not fit each other; WorldError
 *   where the child died; the signal's reason where it was aborted
 */
export async function predict({
  signal,
  onOutput,
  ...input
}: PredictOptions): Promise<Predictions> {
  try {
    return await runChild<PredictionJob, never, Predictions>({
      entry: new URL('./prediction-child.ts', import.meta.url),
      name: 'The prediction process',
      input,
      signal,
      onOutput,
    });
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    // Mostly it was killed for its memory, which smaller batches need less of.
    const mendedBy = ['evaluationBatch', 'threads'];
    throw new WorldError({ ...error.failure, mendedBy }, { cause: error });
  }
}
