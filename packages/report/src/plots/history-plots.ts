import {
  type EpochPlotId,
  epochMetrics,
  epochPlots,
  isBetter,
  isOfOtherData,
  type NamedEpochMetric,
} from '@atelier/train/epochs';
import { percent, significant } from '../numbers.ts';
import type { Report } from '../report-schema.ts';
import { epochAxis, epochFrame } from './epoch-axis.ts';
import type { Content, Plot } from './plot.ts';
import { colour } from './theme.ts';

interface Curve {
  name: string;
  role: 'right' | 'context';
  metric: NamedEpochMetric;
}

/** Every metric of the epochs that has a curve, one plot for those that belong together. */
export function historyPlots(report: Report): Plot[] {
  return plottedMetrics(report).map(([id, metrics]) => {
    const all = metrics.map((metric): Curve => {
      const { curve, behind = false } = metric.plot!;
      return { name: curve, role: behind ? 'context' : 'right', metric };
    });
    return curves(report, id, all);
  });
}

/** The metrics of each plot, less what no epoch of this report has. */
export function plottedMetrics({ history }: Report): [EpochPlotId, NamedEpochMetric[]][] {
  const known = epochMetrics.filter(({ key }) => history.some((epoch) => epoch[key] !== undefined));
  const ids = Object.keys(epochPlots) as EpochPlotId[];
  return ids
    .map((id): [EpochPlotId, NamedEpochMetric[]] => [
      id,
      known.filter(({ plot }) => plot?.id === id),
    ])
    .filter(([, metrics]) => metrics.length > 0);
}

function curves(report: Report, id: EpochPlotId, all: Curve[]): Plot {
  const { history, selection } = report;
  const format = all[0]!.metric.format === 'percent' ? '~%' : '~g';
  const rows = all.flatMap(({ name, metric }) =>
    pointsOf(report, metric).map((point) => ({ ...point, curve: name })),
  );
  const chosen = history.find(({ epoch }) => epoch === selection.epoch);
  const [first, last] = [history[0]!.epoch, history.at(-1)!.epoch];
  const x = epochAxis(first, last);
  const mark = { epoch: selection.epoch, value: chosen?.[all.at(-1)!.metric.key] ?? null };
  const spec: Content = {
    layer: [
      {
        data: { values: chosen ? [mark] : [] },
        mark: { type: 'rule', color: colour('muted'), strokeDash: [3, 3] },
        encoding: { x },
      },
      {
        data: { values: rows },
        mark: { type: 'line', strokeWidth: 2, strokeJoin: 'round', point: history.length <= 20 },
        encoding: {
          x,
          y: {
            field: 'value',
            type: 'quantitative',
            scale: { zero: false, nice: true },
            axis: { title: null, format, tickCount: 5 },
          },
          color: {
            field: 'curve',
            type: 'nominal',
            scale: {
              domain: all.map(({ name }) => name),
              range: all.map(({ role }) => colour(role)),
            },
            legend:
              all.length === 1
                ? null
                : { orient: 'top', title: null, symbolType: 'stroke', offset: 10 },
          },
          // Not by colour alone.
          strokeDash: {
            field: 'curve',
            type: 'nominal',
            scale: {
              domain: all.map(({ name }) => name),
              range: all.map(({ role }) => (role === 'context' ? [5, 3] : [1, 0])),
            },
          },
        },
      },
      {
        data: { values: chosen ? [mark] : [] },
        mark: {
          type: 'point',
          filled: true,
          size: 64,
          opacity: 1,
          color: colour('right'),
          stroke: colour('paper'),
          strokeWidth: 2,
        },
        encoding: { x, y: { field: 'value', type: 'quantitative' } },
      },
    ],
  };
  return {
    id,
    description: describe(report, all),
    span: 'half',
    draw: (room) => ({ frame: epochFrame(room, all.length > 1), spec }),
  };
}

/** A metric's values by epoch, without those that were measured on other data. */
function pointsOf(
  { history, training }: Report,
  { key, ofValidation }: NamedEpochMetric,
): { epoch: number; value: number }[] {
  return history.flatMap(({ epoch, [key]: value }) =>
    value === undefined || (ofValidation && isOfOtherData(epoch, training.adoptedData))
      ? []
      : [{ epoch, value }],
  );
}

function describe(report: Report, all: Curve[]): string {
  const { history, selection } = report;
  const ends = all.map(({ name, metric }) => {
    const { format, better } = metric;
    const text = (value: number) => (format === 'percent' ? percent(value) : significant(value));
    const points = pointsOf(report, metric);
    const course = `${name} from ${text(points[0]!.value)} to ${text(points.at(-1)!.value)}`;
    if (better === undefined) return course;
    const best = points.reduce((a, b) => (isBetter(b.value, a.value, better) ? b : a));
    return `${course}, best ${text(best.value)} in epoch ${best.epoch}`;
  });
  const span = `epochs ${history[0]!.epoch} to ${history.at(-1)!.epoch}`;
  return `Line plot over ${span}: ${ends.join('; ')}. Epoch ${selection.epoch} was kept and is marked.`;
}
