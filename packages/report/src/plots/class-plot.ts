import { counted } from '../numbers.ts';
import type { Report } from '../report-schema.ts';
import { classLabels, labelRoom } from './class-labels.ts';
import type { Layer, Plot } from './plot.ts';
import { colour } from './theme.ts';

/** More classes would not be read; the table has them all. */
export const weakestShown = 30;

/**
 * Precision and recall of each class as two dots on one line; the weakest classes where there are
 * many.
 */
export function classPlot({ evaluation }: Report): Plot {
  const { perClass } = evaluation;
  const shown =
    perClass.length > weakestShown
      ? [...perClass].sort((a, b) => a.f1 - b.f1).slice(0, weakestShown)
      : perClass;
  const classes = shown.map(({ name }) => name);
  const rows = shown.map(({ precision, recall }, actual) => ({ actual, precision, recall }));
  const dots = rows.flatMap(({ actual, precision, recall }) => [
    { actual, measure: 'precision', value: precision },
    { actual, measure: 'recall', value: recall },
  ]);
  const lowest = Math.min(...dots.map(({ value }) => value));
  const y = { field: 'actual', type: 'ordinal' as const, axis: null };
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    scale: { domain: [Math.max(0, Math.floor(lowest * 10 - 0.2) / 10), 1], nice: false },
    axis: { title: null, format: '.0%', grid: true, tickCount: 5 },
  });
  const layers: Layer[] = [
    {
      data: { values: rows },
      mark: { type: 'rule', color: colour('line'), strokeWidth: 5, strokeCap: 'round' },
      encoding: { y, x: x('precision'), x2: { field: 'recall' } },
    },
    {
      data: { values: dots },
      mark: { type: 'point', filled: true, opacity: 1, size: 80 },
      encoding: {
        y,
        x: x('value'),
        color: {
          field: 'measure',
          type: 'nominal',
          scale: { domain: ['precision', 'recall'], range: [colour('context'), colour('right')] },
          legend: { orient: 'top', title: null, offset: 10 },
        },
        // Not by colour alone.
        shape: {
          field: 'measure',
          type: 'nominal',
          scale: { domain: ['precision', 'recall'], range: ['diamond', 'circle'] },
        },
      },
    },
  ];
  const worst = rows.reduce((a, b) => (b.recall < a.recall ? b : a));
  const best = rows.reduce((a, b) => (b.recall > a.recall ? b : a));
  return {
    id: 'classes',
    description: `Precision and recall of ${shown.length === perClass.length ? counted(classes.length, 'class', 'classes') : `the ${classes.length} weakest of ${perClass.length} classes`}; recall is lowest for ${classes[worst.actual]} and highest for ${classes[best.actual]}.`,
    span: 'full',
    draw: (room) => {
      const left = labelRoom(classes, room);
      const step = room === 'wide' ? 26 : 24;
      const width = (room === 'wide' ? 960 : 343) - left - 16;
      return {
        frame: {
          width,
          height: step * classes.length,
          padding: { left, right: 16, top: 34, bottom: 24 },
        },
        spec: { layer: [...layers, classLabels(classes, 'left', { field: 'actual', step, room })] },
      };
    },
  };
}
