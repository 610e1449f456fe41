import { counted, percent } from '../numbers.ts';
import { escapeHtml } from '../page/html.ts';
import type { Report } from '../report-schema.ts';
import { classLabels, fitsAcross, labelRoom, shortened } from './class-labels.ts';
import type { Content, Drawing, Layer, Plot, Room } from './plot.ts';
import { colour } from './theme.ts';

/** Narrower cells hold no number; the table below the plot does. */
const narrowestNumber = 17;

/** A matrix of more classes has cells too small for numbers, see {@link largeMatrix}. */
export const mostWithNumbers = 30;

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
    draw:
      classes.length > mostWithNumbers
        ? largeMatrix(cells(report), classes)
        : (room) => drawing(cells(report), classes, room),
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

const gaps = { paddingInner: 0.05, paddingOuter: 0 };
const place = (field: string) => ({ field, type: 'ordinal' as const, scale: gaps, axis: null });
const at = { x: place('predicted'), y: place('actual') };

function drawing(values: Cell[], classes: readonly string[], room: Room): Drawing {
  const labels = labelRoom(classes, room);
  const inside = (room === 'wide' ? 960 : 343) - labels - 2;
  const cell = Math.min(inside / classes.length, 96);
  const cellHeight = room === 'wide' ? Math.max(cell * 0.56, Math.min(cell, 18)) : cell;
  const size = { width: cell * classes.length, height: cellHeight * classes.length };
  const turned = !fitsAcross(classes, cell, room);
  const spec: Content = {
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
      ...(cell < narrowestNumber ? [] : [numbers(Math.min(14, cell * 0.42, cellHeight * 0.7))]),
      classLabels(classes, 'left', { field: 'actual', step: cellHeight, room }),
      classLabels(classes, turned ? 'top, turned' : 'top', {
        field: 'predicted',
        step: cell,
        room,
      }),
    ],
  };
  // The whole width, however few the classes: a page would draw a narrower one larger, names and all.
  const right = 2 + inside - size.width;
  const padding = { left: labels, right, top: turned ? labels : 28, bottom: 2 };
  return { frame: { ...size, padding }, spec };
}

const numbers = (fontSize: number): Layer => ({
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

/** Sizes in CSS pixels, which a telephone shows nearly as they are. */
const large = { inside: 400, fontSize: 11, names: 12, longest: 14, room: 94 };

/**
 * The matrix of many classes: cells without numbers, empty ones left out, and those of one shade
 * drawn as one path, so that the drawing grows with the confusions and not with the square of the
 * classes. It names some of the classes along its edges and serves every width of page.
 */
function largeMatrix(values: readonly Cell[], classes: readonly string[]): string {
  const { inside, fontSize, names, room } = large;
  const cell = inside / classes.length;
  const every = Math.ceil(classes.length / names);
  const named = [...classes.keys()].filter((c) => c % every === 0);
  const label = (c: number) => escapeHtml(shortened(classes[c]!, large.longest));
  const middle = (c: number) => round((c + 0.5) * cell);
  const rows = named.map(
    (c) => `<text x="-6" y="${middle(c)}" dy="0.35em" text-anchor="end">${label(c)}</text>`,
  );
  const columns = named.map(
    (c) =>
      `<text transform="translate(${middle(c)},-6) rotate(-90)" dy="0.35em">${label(c)}</text>`,
  );
  const size = inside + room + 1;
  return [
    `<svg viewBox="0 0 ${size} ${size}" width="${size}">`,
    `<g transform="translate(${room},${room})" fill="${colour('ink')}" font-size="${fontSize}">`,
    `<rect width="${inside}" height="${inside}" fill="${colour('surface')}"/>`,
    `<g transform="scale(${round(cell, 4)})">${shades(values).join('')}</g>`,
    `${[...rows, ...columns].join('')}</g></svg>`,
  ].join('');
}

/** One path for all cells of a hue and an opacity. */
function shades(cells: readonly Cell[]): string[] {
  const paths = new Map<string, string>();
  for (const { role, opacity, actual, predicted } of cells) {
    if (role === 'none') continue;
    const key = `fill="${colour(role)}" fill-opacity="${round(Math.ceil(10 * opacity) / 10, 1)}"`;
    paths.set(key, `${paths.get(key) ?? ''}M${predicted} ${actual}h1v1h-1z`);
  }
  return [...paths].map(([key, d]) => `<path ${key} d="${d}"/>`);
}

const round = (value: number, digits = 2): number => Number(value.toFixed(digits));
