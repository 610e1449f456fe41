import { type EpochRecord, epochMetrics, type NamedEpochMetric } from '@atelier/train/epochs';
import { percent, significant } from '../numbers.ts';
import { epochAxis, epochFrame } from '../plots/epoch-axis.ts';
import type { Content, Plot } from '../plots/plot.ts';
import { colour } from '../plots/theme.ts';

/** A run's epochs, and which of them was kept. */
interface RunCurve {
  history: readonly EpochRecord[];
  chosen: number;
}

export interface Curves {
  a: readonly RunCurve[];
  b: readonly RunCurve[];
}

/** What is measured of epochs, one plot each, with a curve for every run of both sides. */
export function overlaidCurves(curves: Curves): { title: string; plot: Plot }[] {
  const all = [...curves.a, ...curves.b];
  return epochMetrics
    .filter(({ plot, key }) => plot && all.every(({ history }) => history[0]?.[key] !== undefined))
    .map((metric) => ({ title: titleOf(metric), plot: overlaid(curves, metric) }));
}

/** `the validation loss` -> `Validation loss` */
function titleOf({ name }: NamedEpochMetric): string {
  const bare = name.replace(/^the /, '');
  return `${bare[0]!.toUpperCase()}${bare.slice(1)}`;
}

function overlaid(curves: Curves, { key, format, name }: NamedEpochMetric): Plot {
  const rows = (['a', 'b'] as const).flatMap((side) =>
    curves[side].flatMap(({ history, chosen }, run) =>
      history.flatMap((record) => {
        const { epoch, [key]: value } = record;
        const kept = epoch === chosen;
        return value === undefined
          ? []
          : [{ epoch, value, kept, side: side.toUpperCase(), run: `${side}${run}` }];
      }),
    ),
  );
  const epochs = rows.map(({ epoch }) => epoch);
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const x = epochAxis(first, last);
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    scale: { zero: false, nice: true },
    axis: { title: null, format: format === 'percent' ? '~%' : '~g', tickCount: 5 },
  };
  const sides = ['A', 'B'];
  const scale = { domain: sides, range: [colour('right'), colour('wrong')] };
  const legend = { orient: 'top' as const, title: null, symbolType: 'stroke', offset: 10 };
  const color = { field: 'side', type: 'nominal' as const, scale, legend };
  const spec: Content = {
    data: { values: rows },
    layer: [
      {
        mark: { type: 'line', strokeWidth: curves.a.length > 1 ? 1.2 : 2, strokeJoin: 'round' },
        encoding: {
          ...{ x, y, color },
          detail: { field: 'run', type: 'nominal' },
          // Not by colour alone.
          strokeDash: {
            field: 'side',
            type: 'nominal',
            scale: {
              domain: sides,
              range: [
                [1, 0],
                [5, 3],
              ],
            },
          },
        },
      },
      {
        transform: [{ filter: 'datum.kept' }],
        mark: { type: 'point', filled: true, size: 50, opacity: 1, stroke: colour('paper') },
        encoding: { x, y, color },
      },
    ],
  };
  const text = (value: number) => (format === 'percent' ? percent(value) : significant(value));
  const ends = sides.map((side) => {
    const own = rows.filter((row) => row.side === side);
    const final = own.filter(({ epoch }) => epoch === Math.max(...own.map((row) => row.epoch)));
    return `${side} ends at ${[...new Set(final.map(({ value }) => text(value)))].join(', ')}`;
  });
  return {
    id: `curve-${key}`,
    description: `Line plot of ${name} over epochs ${first} to ${last}: ${ends.join('; ')}. Dots are the epochs that were kept.`,
    span: 'half',
    draw: (room) => ({ frame: epochFrame(room, true), spec }),
  };
}
