import type { Difference } from '@atelier/evaluate/comparison';
import { points } from '../numbers.ts';
import { classLabels, labelRoom } from '../plots/class-labels.ts';
import type { Layer, Plot } from '../plots/plot.ts';
import { colour } from '../plots/theme.ts';

export interface NamedDifference extends Difference {
  name: string;
}

/** More would not be read; the table has them all. */
export const mostShown = 30;

/**
 * Differences of shares as dots with their 95 % intervals, about a line where both sides are the
 * same; the largest ones where there are many.
 * @param all at least one
 */
export function differencePlot(id: string, measure: string, all: readonly NamedDifference[]): Plot {
  const shown =
    all.length > mostShown
      ? all.toSorted((a, b) => Math.abs(b.difference) - Math.abs(a.difference)).slice(0, mostShown)
      : all;
  const names = shown.map(({ name }) => name);
  const rows = shown.map(({ difference, interval: { lower, upper } }, row) => ({
    row,
    difference: 100 * difference,
    lower: 100 * lower,
    upper: 100 * upper,
  }));
  const y = { field: 'row', type: 'ordinal' as const, axis: null };
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    scale: { nice: true, zero: true },
    axis: { title: 'points, A − B', grid: true, tickCount: 6 },
  });
  const layers: Layer[] = [
    {
      data: { values: [{ same: 0 }] },
      mark: { type: 'rule', color: colour('ink'), strokeWidth: 1 },
      encoding: { x: x('same') },
    },
    {
      data: { values: rows },
      mark: { type: 'rule', color: colour('right'), strokeWidth: 8, opacity: 0.3 },
      encoding: { y, x: x('lower'), x2: { field: 'upper' } },
    },
    {
      data: { values: rows },
      mark: { type: 'point', filled: true, opacity: 1, size: 70, color: colour('right') },
      encoding: { y, x: x('difference') },
    },
  ];
  const most = shown.reduce((a, b) => (b.difference > a.difference ? b : a));
  const least = shown.reduce((a, b) => (b.difference < a.difference ? b : a));
  return {
    id,
    description: `Differences of ${measure} in points with 95% intervals, from ${points(least.difference)} for ${least.name} to ${points(most.difference)} for ${most.name}.`,
    span: 'full',
    draw: (room) => {
      const left = labelRoom(names, room);
      const step = room === 'wide' ? 26 : 24;
      return {
        frame: {
          width: (room === 'wide' ? 860 : 343) - left - 16,
          height: step * names.length,
          padding: { left, right: 16, top: 10, bottom: 40 },
        },
        spec: { layer: [...layers, classLabels(names, 'left', { field: 'row', step, room })] },
      };
    },
  };
}
