import type { Spread } from '@atelier/evaluate/seed-spread';
import { percent } from './numbers.ts';
import type { Report } from './report-schema.ts';

/**
 * Of how many seeds this one is the median, and how far they lie apart: "Seed 6 is the median of
 * three …"; undefined where it was trained alone.
 */
export function describeSeeds({ seeds: spread }: Pick<Report, 'seeds'>): string | undefined {
  if (spread === undefined) return undefined;
  const { seeds, chosen, validationAccuracy, testAccuracy } = spread;
  const all = seeds.map(({ seed }) => seed).join(', ');
  return `Seed ${chosen} is the median of the seeds ${all} by validation accuracy. Over them the validation accuracy goes from ${rangeOf(validationAccuracy)}, the test accuracy from ${rangeOf(testAccuracy)}.`;
}

const rangeOf = ({ min, median, max, sd }: Spread): string =>
  `${percent(min)} to ${percent(max)} (median ${percent(median)}, standard deviation ${percent(sd)})`;
