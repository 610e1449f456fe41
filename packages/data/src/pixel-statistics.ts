import { UserError } from '@atelier/errors';
import type { PreparedDataset } from './prepared-dataset.ts';

/**
 * Mean and population standard deviation of pixels / 255, of each channel by itself. Sums are exact
 * integers, so the result does not depend on the order of the pixels.
 * @param pixels [..., channels]
 * @returns numbers for one channel, lists for more
 * @throws UserError where all pixels are equal, because dividing by a deviation of 0 means nothing
 */
export function normalisationOf(
  pixels: Uint8Array,
  channels = 1,
): PreparedDataset['normalisation'] {
  const all = statisticsOf(pixels, 0, 1);
  if (all.std === 0 || pixels.length === 0)
    throw new UserError({
      what: 'The training images cannot be normalised.',
      expected: 'pixels of at least two values',
      found: pixels.length === 0 ? 'no pixels' : `${pixels.length} pixels of value ${pixels[0]}`,
      remedy: 'check the file of training images',
      mendedBy: ['dataset'],
    });
  if (channels === 1) return all;
  const each = Array.from({ length: channels }, (_, c) => statisticsOf(pixels, c, channels));
  return {
    mean: each.map(({ mean }) => mean),
    // Of a colour that is the same everywhere there is nothing to tell.
    std: each.map(({ std }) => std || all.std),
  };
}

/** Of every value from the first on, in steps. */
function statisticsOf(
  pixels: Uint8Array,
  first: number,
  step: number,
): { mean: number; std: number } {
  const histogram = new Float64Array(256);
  let count = 0;
  for (let i = first; i < pixels.length; i += step) {
    histogram[pixels[i] as number]! += 1;
    count += 1;
  }
  let sum = 0n;
  let squares = 0n;
  histogram.forEach((times, value) => {
    sum += BigInt(times) * BigInt(value);
    squares += BigInt(times) * BigInt(value * value);
  });
  const scale = 255 * count;
  return {
    mean: Number(sum) / scale,
    std: Math.sqrt(Number(BigInt(count) * squares - sum * sum)) / scale,
  };
}
