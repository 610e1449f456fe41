import { counted, percent } from '../numbers.ts';
import type { Report } from '../report-schema.ts';
import { classLabels, fitsAcross, labelRoom } from './class-labels.ts';
import type { Drawing, Plot, Room } from './plot.ts';
import { colour } from './theme.ts';

/** Narrower cells hold no number; the table below the plot does. */
const narrowestNumber = 17;

interface Cell {
  actual: number;
  predicted: number;
  count: number;
  role: 'right' | 'wrong' | 'none';
  opacity: number;
}

/** Rows are actual classes, columns predicted ones; two hues tell right from wrong. */
export function confusionPlot(report: Report): Plot {
  const { classes, confusedPairs } = report.evaluation;
  const [pair] = confusedPairs;
  const most =
    pair === undefined
      ? 'Nothing was confused.'
      : `Most often ${classes[pair.actual]} was taken for ${classes[pair.predicted]}: ${counted(pair.count, 'time')}, ${percent(pair.share, 1)} of its examples.`;
  return {
    id: 'confusion',
    description: `Heat map of ${classes.length} actual by ${classes.length} predicted classes, in examples. ${most}`,
    span: 'full',
    draw: (room) => drawing(cells(report), classes, room),
  };
}

function cells({ evaluation }: Report): Cell[] {
  const { confusion, perClass, confusedPairs } = evaluation;
  const worst = Math.max(...confusedPairs.map(({ share }) => share));
  return confusion.flatMap((row, actual) =>
    row.map((count, predicted): Cell => {
      const cell = { actual, predicted, count };
      if (count === 0) return { ...cell, role: 'none', opacity: 0.08 };
      const share = count / perClass[actual]!.support;
      if (actual === predicted) return { ...cell, role: 'right', opacity: 0.1 + 0.85 * share };
      // Confusions are rare: against the worst of them, and by a power below 1, they are visible.
      return { ...cell, role: 'wrong', opacity: 0.07 + 0.73 * (share / worst) ** 0.7 };
    }),
  );
}

function drawing(values: Cell[], classes: readonly string[], room: Room): Drawing {
  const labels = labelRoom(classes, room);
  const inside = (room === 'wide' ? 960 : 343) - labels - 2;
  const cell = Math.min(inside / classes.length, 96);
  const cellHeight = room === 'wide' ? Math.max(cell * 0.56, Math.min(cell, 18)) : cell;
  const size = { width: cell * classes.length, height: cellHeight * classes.length };
  const turned = !fitsAcross(classes, cell, room);
  const gaps = { paddingInner: 0.05, paddingOuter: 0 };
  const place = (field: string) => ({ field, type: 'ordinal', scale: gaps, axis: null });
  const at = { x: place('predicted'), y: place('actual') };
  const spec = {
    data: { values },
    layer: [
      {
        mark: { type: 'rect', cornerRadius: Math.min(3, cell / 8) },
        encoding: {
          ...at,
          fill: {
            field: 'role',
            type: 'nominal',
            scale: {
              domain: ['right', 'wrong', 'none'],
              range: [colour('right'), colour('wrong'), colour('context')],
            },
            legend: null,
          },
          fillOpacity: { field: 'opacity', type: 'quantitative', scale: null },
        },
      },
      ...(cell < narrowestNumber ? [] : [numbers(at, Math.min(14, cell * 0.42, cellHeight * 0.7))]),
      classLabels(classes, 'left', { field: 'actual', step: cellHeight, room }),
      classLabels(classes, turned ? 'top, turned' : 'top', {
        field: 'predicted',
        step: cell,
        room,
      }),
    ],
  };
  const padding = { left: labels, right: 2, top: turned ? labels : 28, bottom: 2 };
  return { frame: { ...size, padding }, spec };
}

const numbers = (at: object, fontSize: number) => ({
  transform: [{ filter: 'datum.count > 0' }],
  mark: { type: 'text', fontSize, baseline: 'middle' },
  encoding: {
    ...at,
    text: { field: 'count' },
    color: {
      condition: [
        { test: "datum.role === 'right' && datum.opacity > 0.68", value: colour('on-right') },
        { test: "datum.role === 'wrong' && datum.opacity > 0.55", value: colour('on-wrong') },
      ],
      value: colour('ink'),
    },
  },
});
