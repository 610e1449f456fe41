import { UserError } from '@atelier/errors';
import { runChild } from '@atelier/subprocess';
import type { TrainedModel } from './exported-model.ts';
import type { FormatName } from './formats/index.ts';

export interface ReadBackJob {
  format: FormatName;
  /** Of the export. */
  path: string;
  /** A split's safetensors: the images that the probabilities are of. */
  splitPath: string;
  /** Those of its shards, where it has any. */
  shards?: readonly string[] | undefined;
  /** The interpreter for readers that are Python's. */
  python: string;
  /**
   * What is written to `path` before it is read; it lies there already unless given. That may run the
   * code of a network that a person wrote, as nothing but a process of its own should.
   */
  write?: (Omit<TrainedModel, 'model' | 'shape'> & { modelPath: string }) | undefined;
}

/** What was written of an export, who read it, and what it says, [n, classes]. */
export interface ReadBack {
  /** Files by their names below `path`, see `ExportFormat`. */
  written: string[];
  reader: string;
  found: Float32Array;
}

export interface ReadBackOptions extends ReadBackJob {
  /** What the model itself says of the same images, [n, classes]. */
  probabilities: Float32Array;
  classes: readonly string[];
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; of: number }) => void;
}

/** The largest difference that an order of summation explains, with room to spare. */
const tolerance = 1e-5;

/**
 * Opens an export with its format's own reader, in a process of its own, which writes it first where
 * that is asked for, and holds what it says of every image against what the model says.
 * @returns who read it, and the largest difference of a probability
 * @throws UserError where one differs by more than 1e-5, and where the model has no such form;
 *   WorldError where the process died
 */
export async function readBack({
  probabilities,
  classes,
  signal,
  onProgress,
  ...job
}: ReadBackOptions): Promise<Omit<ReadBack, 'found'> & { largestDifference: number }> {
  const of = probabilities.length / classes.length;
  const { found, ...read } = await runChild<ReadBackJob, { done: number }, ReadBack>({
    entry: new URL('./read-back-child.ts', import.meta.url),
    name: 'The process that reads the export',
    input: job,
    signal,
    ...(onProgress && { onMessage: ({ done }) => onProgress({ done, of }) }),
  });
  return { ...read, largestDifference: largestDifference(found, probabilities, classes) };
}

/** @throws UserError where it is more than 1e-5, or anything is no number */
function largestDifference(
  found: Float32Array,
  expected: Float32Array,
  classes: readonly string[],
): number {
  const refuse = (expected: string, found: string): UserError =>
    new UserError({
      what: 'The export does not say what the model says, and was not written.',
      expected,
      found,
      remedy: 'take another format; please report this, with the run',
    });
  if (found.length !== expected.length)
    throw refuse(`${expected.length} probabilities`, `${found.length}`);
  let [largest, worst] = [0, 0];
  found.forEach((probability, at) => {
    const difference = Math.abs(probability - expected[at]!);
    if (difference <= largest) return;
    largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    worst = at;
  });
  if (largest <= tolerance) return largest;
  const [image, name] = [Math.floor(worst / classes.length), classes[worst % classes.length]];
  throw refuse(
    `every probability within ${tolerance} of the stored one`,
    `${found[worst]} instead of ${expected[worst]} for ${name}, test image ${image} (counted from 0)`,
  );
}
