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
  const histograms = Array.from({ length: channels }, (_, c) => histogramOf(pixels, c, channels));
  const all = statisticsOf(
    histograms.reduce((sum, histogram) => sum.map((count, value) => count + histogram[value]!)),
  );
  if (all.std === 0 || pixels.length === 0)
    throw new UserError({
      what: 'The training images cannot be normalised.',
      expected: 'pixels of at least two values',
      found: pixels.length === 0 ? 'no pixels' : `${pixels.length} pixels of value ${pixels[0]}`,
      remedy: 'check the file of training images',
      mendedBy: ['dataset'],
    });
  if (channels === 1) return all;
  const each = histograms.map(statisticsOf);
  return {
    mean: each.map(({ mean }) => mean),
    // Of a colour that is the same everywhere there is nothing to tell.
    std: each.map(({ std }) => std || all.std),
  };
}

/** How often each value is there, from the first pixel on in steps. */
function histogramOf(pixels: Uint8Array, first: number, step: number): Float64Array {
  const histogram = new Float64Array(256);
  for (let i = first; i < pixels.length; i += step) histogram[pixels[i] as number]! += 1;
  return histogram;
}

function statisticsOf(histogram: Float64Array): { mean: number; std: number } {
  const count = histogram.reduce((a, b) => a + b, 0);
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
