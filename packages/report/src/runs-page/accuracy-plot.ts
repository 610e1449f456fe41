import { wilsonInterval } from '@atelier/evaluate';
import { counted, percent } from '../numbers.ts';
import type { Content, Layer, Plot } from '../plots/plot.ts';
import { colour } from '../plots/theme.ts';
import type { RunEntry } from './run-entry.ts';

/**
 * Test accuracy over time, each with its 95 % interval where its split's size is known, and the band
 * from the worst to the best of its seeds where it had several trained.
 */
export function accuracyPlot(entries: readonly RunEntry[]): Plot | undefined {
  const rows = entries.flatMap(({ startedAt, testAccuracy, testExamples, spread }) => {
    if (testAccuracy === undefined) return [];
    const time = Date.parse(startedAt);
    const bounds =
      testExamples === undefined
        ? { lower: testAccuracy, upper: testAccuracy }
        : wilsonInterval(Math.round(testAccuracy * testExamples), testExamples);
    const { lower, upper } = bounds;
    const band = spread && { least: spread.min, most: spread.max };
    return [{ time, accuracy: testAccuracy, lower, upper, ...band }];
  });
  if (rows.length === 0) return undefined;
  const x = {
    field: 'time',
    type: 'temporal' as const,
    // By UTC, whatever the zone of the machine that draws it.
    scale: { type: 'utc' as const, nice: false },
    axis: { title: null, tickCount: 6, format: '%Y-%m-%d' },
  };
  const y = (field: string) => ({
    field,
    type: 'quantitative' as const,
    scale: { zero: false, nice: true },
    axis: { title: null, format: '.1%', tickCount: 5 },
  });
  const banded = rows.filter(({ least }) => least !== undefined);
  const width = Math.max(1, Math.min(3, 240 / rows.length));
  const rule = (from: string, to: string, strokeWidth: number): Layer => ({
    mark: { type: 'rule', color: colour('right'), strokeWidth, opacity: 0.25 },
    encoding: { x, y: y(from), y2: { field: to } },
  });
  const spec: Content = {
    data: { values: rows },
    layer: [
      rule('lower', 'upper', width),
      ...(banded.length > 0
        ? [{ ...rule('least', 'most', 3 * width), data: { values: banded } }]
        : []),
      {
        mark: { type: 'point', filled: true, opacity: 1, size: 24, color: colour('right') },
        encoding: { x, y: y('accuracy') },
      },
    ],
  };
  const accuracies = rows.map(({ accuracy }) => accuracy);
  const [least, most] = [Math.min(...accuracies), Math.max(...accuracies)];
  return {
    id: 'accuracy-over-time',
    description: `Test accuracy of ${counted(rows.length, 'run')} over time, from ${percent(least)} to ${percent(most)}, each with its 95% interval${banded.length > 0 ? `, ${banded.length} with the band of their seeds` : ''}.`,
    span: 'full',
    draw: (room) => ({
      frame: {
        width: room === 'wide' ? 860 : 280,
        height: room === 'wide' ? 240 : 180,
        padding: { left: 56, right: 14, top: 10, bottom: 30 },
      },
      spec,
    }),
  };
}
