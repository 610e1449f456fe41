import { duration } from '../numbers.ts';
import type { Report } from '../report-schema.ts';
import type { Content, Plot } from './plot.ts';
import { colour } from './theme.ts';

/** Where the run's time went, stage by stage as they ran. */
export function timingPlot({ timings }: Report): Plot {
  const rows = Object.entries(timings).map(([stage, seconds]) => ({
    stage,
    seconds,
    label: duration(seconds),
  }));
  const y = { field: 'stage', type: 'ordinal' as const, sort: null, axis: null };
  const x = { field: 'seconds', type: 'quantitative' as const, axis: null };
  const text = { type: 'text', baseline: 'middle', fontSize: 12.5 } as const;
  const spec: Content = {
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
