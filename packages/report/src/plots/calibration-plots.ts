import { wilsonInterval } from '@atelier/evaluate';
import { percent } from '../numbers.ts';
import type { Report } from '../report-schema.ts';
import type { Content, Plot, Room } from './plot.ts';
import { colour } from './theme.ts';

const frame = (room: Room) => ({
  width: room === 'wide' ? 416 : 280,
  height: room === 'wide' ? 280 : 230,
  padding: { left: 46, right: 16, top: 12, bottom: 44 },
});

const shareScale = { domain: [0, 1], nice: false };
const confidenceAxis = { title: 'confidence', format: '.0%', values: [0, 0.2, 0.4, 0.6, 0.8, 1] };
const byConfidence = (field: string) => ({
  field,
  type: 'quantitative' as const,
  scale: shareScale,
  axis: confidenceAxis,
});

/** Is the model as often right as it is sure? Each bin with its 95 % interval. */
function reliabilityPlot({ evaluation }: Report): Plot {
  const bins = evaluation.calibration.bins.flatMap(({ count, confidence, accuracy }) => {
    if (confidence === null || accuracy === null) return [];
    const { lower, upper } = wilsonInterval(Math.round(accuracy * count), count);
    return [{ confidence, accuracy, count, lower, upper }];
  });
  const byAccuracy = (field: string) => ({
    field,
    type: 'quantitative' as const,
    scale: shareScale,
    axis: { title: null, format: '.0%', tickCount: 5 },
  });
  const x = byConfidence('confidence');
  const spec: Content = {
    data: { values: bins },
    layer: [
      {
        data: { values: [{ confidence: 0 }, { confidence: 1 }] },
        mark: { type: 'line', color: colour('muted'), strokeDash: [4, 4], strokeWidth: 1.25 },
        encoding: { x, y: byAccuracy('confidence') },
      },
      {
        mark: { type: 'rule', color: colour('right'), strokeWidth: 6, opacity: 0.22 },
        encoding: { x, y: byAccuracy('lower'), y2: { field: 'upper' } },
      },
      {
        mark: { type: 'point', filled: true, opacity: 1, size: 60, color: colour('right') },
        encoding: { x, y: byAccuracy('accuracy') },
      },
    ],
  };
  return {
    id: 'reliability',
    description: `Accuracy against confidence in ${bins.length} bins; the dashed diagonal is perfect calibration. Expected calibration error ${percent(evaluation.calibration.expectedError)}.`,
    span: 'half',
    draw: (room) => ({ frame: frame(room), spec }),
  };
}

/** How many examples have which confidence, right and wrong ones apart. */
function confidencePlot({ evaluation }: Report): Plot {
  const values = evaluation.calibration.bins.flatMap(({ lower, upper, count, accuracy }) => {
    const right = Math.round((accuracy ?? 0) * count);
    return [
      { lower, upper, from: 0, to: right, outcome: 'right' },
      { lower, upper, from: right, to: count, outcome: 'wrong' },
    ];
  });
  const spec: Content = {
    data: { values },
    mark: { type: 'bar', binSpacing: 2 },
    encoding: {
      x: { ...byConfidence('lower'), bin: 'binned' },
      x2: { field: 'upper' },
      y: {
        field: 'from',
        type: 'quantitative',
        axis: { title: null, format: ',d', tickCount: 5, tickMinStep: 1 },
      },
      y2: { field: 'to' },
      color: {
        field: 'outcome',
        type: 'nominal',
        scale: { domain: ['right', 'wrong'], range: [colour('right'), colour('wrong')] },
        legend: { orient: 'top', title: null, symbolType: 'square', offset: 8 },
      },
    },
  };
  const sure = evaluation.calibration.bins.at(-1)!;
  return {
    id: 'confidence',
    description: `Histogram of confidence: ${percent(sure.count / evaluation.examples, 0)} of the predictions have a confidence above ${percent(sure.lower, 0)}.`,
    span: 'half',
    draw: (room) => {
      const { padding, ...size } = frame(room);
      return { frame: { ...size, padding: { ...padding, top: 34 } }, spec };
    },
  };
}

export const calibrationPlots = (report: Report): Plot[] => [
  reliabilityPlot(report),
  confidencePlot(report),
];
