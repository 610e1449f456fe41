import { duration } from '../numbers.ts';
import type { Report } from '../report-schema.ts';
import type { Plot } from './plot.ts';
import { colour } from './theme.ts';

const stageOrder = ['data', 'train', 'select', 'evaluate', 'report'];

/** Stages in the order they run; unknown ones come last, in the report's order. */
function orderedTimings({ timings }: Report): { stage: string; seconds: number }[] {
  const rank = (stage: string) =>
    stageOrder.includes(stage) ? stageOrder.indexOf(stage) : stageOrder.length;
  return Object.entries(timings)
    .map(([stage, seconds]) => ({ stage, seconds }))
    .sort((a, b) => rank(a.stage) - rank(b.stage));
}

/** Where the run's time went. */
export function timingPlot(report: Report): Plot {
  const rows = orderedTimings(report).map(({ stage, seconds }) => ({
    stage,
    seconds,
    label: duration(seconds),
  }));
  const y = { field: 'stage', type: 'ordinal', sort: null, axis: null };
  const x = { field: 'seconds', type: 'quantitative', axis: null };
  const text = { type: 'text', baseline: 'middle', fontSize: 12.5 };
  const spec = {
    data: { values: rows },
    layer: [
      {
        mark: { type: 'bar', color: colour('right'), height: 12 },
        encoding: { x, y },
      },
      {
        mark: { ...text, align: 'left', dx: 8, color: colour('muted') },
        encoding: { x, y, text: { field: 'label' } },
      },
      {
        mark: { ...text, align: 'right' },
        encoding: { y, x: { value: -10 }, text: { field: 'stage' } },
      },
    ],
  };
  return {
    id: 'timings',
    description: `Seconds by stage: ${rows.map(({ stage, label }) => `${stage} ${label}`).join(', ')}.`,
    span: 'full',
    draw: (room) => ({
      frame: {
        width: (room === 'wide' ? 960 : 343) - 82 - 90,
        height: 26 * Math.max(1, rows.length),
        padding: { left: 82, right: 90, top: 4, bottom: 4 },
      },
      spec,
    }),
  };
}
