import { UserError } from '@atelier/errors';
import type { PreparedDataset } from './prepared-dataset.ts';

/**
 * Mean and population standard deviation of pixels / 255, of each channel by itself. Sums are exact
 * integers, so the result does not depend on the order of the pixels.
 * @param pixels [..., channels], or parts of them that follow one another
 * @returns numbers for one channel, lists for more
 * @throws UserError where all pixels are equal, because dividing by a deviation of 0 means nothing
 */
export function normalisationOf(
  pixels: Uint8Array | Iterable<Uint8Array>,
  channels = 1,
): PreparedDataset['normalisation'] {
  const histograms = Array.from({ length: channels }, () => new Float64Array(256));
  for (const part of pixels instanceof Uint8Array ? [pixels] : pixels)
    for (const [c, histogram] of histograms.entries()) count(part, c, channels, histogram);
  const histogram = histograms.reduce((sum, each) =>
    sum.map((times, value) => times + each[value]!),
  );
  const all = statisticsOf(histogram);
  const total = histogram.reduce((a, b) => a + b, 0);
  if (all.std === 0 || total === 0)
    throw new UserError({
      what: 'The training images cannot be normalised.',
      expected: 'pixels of at least two values',
      found:
        total === 0
          ? 'no pixels'
          : `${total} pixels of value ${histogram.findIndex((times) => times > 0)}`,
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

/** Counts how often each value is there, from the first pixel on in steps. */
function count(pixels: Uint8Array, first: number, step: number, histogram: Float64Array): void {
  for (let i = first; i < pixels.length; i += step) histogram[pixels[i] as number]! += 1;
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
