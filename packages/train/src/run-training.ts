import type { SplitFiles } from '@atelier/data';
import type { Network, Normalisation } from '@atelier/model';
import { runChild } from '@atelier/subprocess';
import type { Environment } from '@atelier/tensorflow';
import type { EpochRecord } from './epoch-record.ts';
import type { Recipe } from './recipe.ts';

/** Values only, so that it can cross to another process. */
export interface TrainingRequest {
  /** In the format of `@atelier/data`: read whole, or streamed where they have shards. */
  train: SplitFiles;
  validation: SplitFiles;
  /** Bytes of a block's images of those that are streamed; as `StreamedImages` has it unless given. */
  blockBytes?: number | undefined;
  normalisation: Normalisation;
  network: Network;
  recipe: Recipe;
  seed: number;
  /** A checkpoint file to continue from. */
  resumeFrom?: string | undefined;
  /** The text of a module, where a person wrote the network. */
  networkPath?: string | undefined;
  /** A model file whose matching tensors training begins with, where it does not continue. */
  initialiseFrom?: string | undefined;
  /** Where checkpoint files are written. */
  directory: string;
  /** Threads of one operation; every core by default. */
  threads?: number | undefined;
}

export type TrainingEvent =
  /** The device is ready; `epoch` epochs lie behind. */
  | { kind: 'started'; environment: Environment; epoch: number }
  | { kind: 'progress'; epoch: number; step: number; steps: number }
  /** An epoch is done and its checkpoint lies on disk, whole, under its SHA-256. */
  | { kind: 'epoch'; record: EpochRecord; checkpoint: string; sha256: string };

export interface TrainingResult {
  /** The epochs trained in this attempt. */
  history: EpochRecord[];
  environment: Environment;
}

export interface TrainingHooks {
  signal?: AbortSignal | undefined;
  /** Training waits until it is done, which is the back-pressure. */
  onEvent: (event: TrainingEvent) => void | Promise<void>;
  /** Told every line that the trainer prints. */
  onOutput?: ((line: string) => void) | undefined;
}

/**
 * Trains in a child process, which takes its memory and its crashes with it.
 * @throws UserError (the recipe, the data or the checkpoint cannot be used, or training diverged),
 *   WorldError (the child died), or the signal's reason
 */
export function runTraining(
  request: TrainingRequest,
  { signal, onEvent, onOutput }: TrainingHooks,
): Promise<TrainingResult> {
  return runChild<TrainingRequest, TrainingEvent, TrainingResult>({
    entry: new URL('./trainer-main.ts', import.meta.url),
    name: 'The trainer',
    input: request,
    signal,
    onMessage: onEvent,
    onOutput,
  });
}
