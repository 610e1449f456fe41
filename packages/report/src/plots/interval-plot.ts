import { percent, percentRange } from '../numbers.ts';
import type { Report } from '../report-schema.ts';
import type { Content, Plot } from './plot.ts';
import { colour } from './theme.ts';

/** Both accuracies with their 95 % intervals, and the reference's numbers. */
export function intervalPlot({ result, reference }: Report): Plot {
  const rows = [
    {
      split: 'test',
      accuracy: result.testAccuracy,
      ...result.testAccuracyInterval,
      reference: reference?.testAccuracy ?? null,
    },
    {
      split: 'validation',
      accuracy: result.validationAccuracy,
      ...result.validationAccuracyInterval,
      reference: reference?.validationAccuracy ?? null,
    },
  ];
  const shares = rows.flatMap((row) => [row.lower, row.upper, row.reference ?? row.lower]);
  const [from, to] = [Math.min(...shares), Math.max(...shares)];
  const margin = Math.max(0.002, (to - from) * 0.12);
  const domain = [Math.max(0, from - margin), Math.min(1, to + margin)];
  const digits = to - from < 0.05 ? 1 : 0;
  const y = { field: 'split', type: 'ordinal' as const, sort: null, axis: null };
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    scale: { domain, nice: false, zero: false },
    axis: { title: null, format: `.${digits}%`, grid: true, tickCount: 5 },
  });
  const spec: Content = {
    data: { values: rows },
    layer: [
      {
        mark: { type: 'rule', color: colour('right'), strokeWidth: 12, opacity: 0.25 },
        encoding: { y, x: x('lower'), x2: { field: 'upper' } },
      },
      {
        transform: [{ filter: 'isValid(datum.reference)' }],
        mark: { type: 'tick', color: colour('wrong'), opacity: 1, thickness: 3, size: 26 },
        encoding: { y, x: x('reference') },
      },
      {
        mark: {
          type: 'point',
          filled: true,
          opacity: 1,
          size: 110,
          color: colour('right'),
          stroke: colour('paper'),
          strokeWidth: 2,
        },
        encoding: { y, x: x('accuracy') },
      },
      {
        mark: { type: 'text', align: 'right', baseline: 'middle', fontSize: 13 },
        encoding: { y, x: { value: -12 }, text: { field: 'split' } },
      },
    ],
  };
  const spoken = rows.map(
    (row) =>
      `${row.split} accuracy ${percent(row.accuracy)}, interval ${percentRange(row)}` +
      (row.reference === null ? '' : `, reference ${percent(row.reference)}`),
  );
  return {
    id: 'accuracies',
    description: `${spoken.join('; ')}.`,
    span: 'half',
    draw: (room) => ({
      frame: {
        width: (room === 'wide' ? 520 : 343) - 96,
        height: 84,
        padding: { left: 82, right: 14, top: 6, bottom: 24 },
      },
      spec,
    }),
  };
}
