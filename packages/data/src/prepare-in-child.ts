import { runChild } from '@atelier/subprocess';
import type { Splits } from './data-contract.ts';
import type { PrepareOptions } from './prepare-dataset.ts';
import type { PreparedDataset } from './prepared-dataset.ts';
import type { SplitFiles } from './read-split.ts';

/** What the process that reads a dataset is told. */
export interface PreparationJob extends Omit<PrepareOptions, 'signal'> {
  /** An empty folder, where the splits are written. */
  directory: string;
}

export interface PreparedFiles {
  manifest: PreparedDataset;
  files: Splits<SplitFiles>;
}

/**
 * Prepares a dataset as {@link prepareDataset} does, in a child process: reading files that others
 * made takes its memory and its time with it, whatever is in them.
 * @throws UserError as `prepareDataset`; WorldError where the child died; the signal's reason
 */
export const prepareInChild = (
  job: PreparationJob,
  { signal, onOutput }: { signal?: AbortSignal; onOutput?: (line: string) => void } = {},
): Promise<PreparedFiles> =>
  runChild<PreparationJob, never, PreparedFiles>({
    entry: new URL('./prepare-child.ts', import.meta.url),
    name: 'The process that reads the dataset',
    input: job,
    signal,
    onOutput,
  });
