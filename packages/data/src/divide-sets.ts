import type { DatasetDescriptor } from './descriptor.ts';
import type { OfficialSets } from './formats/format.ts';
import { stratifiedSplit } from './stratified-split.ts';

/** Which images of one of the official sets are for validation, and which are not. */
export interface Division {
  from: 'train' | 'test';
  /** Positions in that set, ascending. */
  chosen: Int32Array;
  others: Int32Array;
}

/**
 * Chooses the validation split: out of the official test set, as many images as the descriptor says,
 * or the share of the training images that it says.
 * @throws UserError where that leaves either part empty
 */
export function divideSets(
  { train, test }: OfficialSets,
  { validation, validationCount = 0 }: DatasetDescriptor,
  seed: number,
): Division {
  if (validation === undefined)
    return { from: 'test', ...stratifiedSplit(test.labels, validationCount, seed) };
  const { labels } = train;
  const count = Math.round(validation.fraction * labels.length);
  const field = 'field validation.fraction of the dataset descriptor';
  const of = { split: 'validation', field, images: 'training images' };
  return { from: 'train', ...stratifiedSplit(labels, count, seed, of) };
}
