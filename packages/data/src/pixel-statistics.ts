import { UserError } from '@atelier/errors';
import type { PreparedDataset } from './prepared-dataset.ts';

/**
 * Mean and population standard deviation of pixels / 255. Sums are exact integers, so the result
 * does not depend on the order of the pixels.
 * @throws UserError where all pixels are equal, because dividing by a deviation of 0 means nothing
 */
export function normalisationOf(pixels: Uint8Array): PreparedDataset['normalisation'] {
  const histogram = new Float64Array(256);
  for (let i = 0; i < pixels.length; i++) histogram[pixels[i] as number]! += 1;
  let sum = 0n;
  let squares = 0n;
  histogram.forEach((count, value) => {
    sum += BigInt(count) * BigInt(value);
    squares += BigInt(count) * BigInt(value * value);
  });
  const n = BigInt(pixels.length);
  const deviation = n * squares - sum * sum;
  if (deviation === 0n)
    throw new UserError({
      what: 'The training images cannot be normalised.',
      expected: 'pixels of at least two values',
      found: pixels.length === 0 ? 'no pixels' : `${pixels.length} pixels of value ${pixels[0]}`,
      remedy: 'check the file of training images',
      mendedBy: ['dataset'],
    });
  const scale = 255 * pixels.length;
  return { mean: Number(sum) / scale, std: Math.sqrt(Number(deviation)) / scale };
}
