import { percent, significant } from '../numbers.ts';
import type { Report } from '../report-schema.ts';
import type { Plot, Room } from './plot.ts';
import { colour } from './theme.ts';

const frame = (room: Room, legend: boolean) => ({
  width: room === 'wide' ? 420 : 280,
  height: room === 'wide' ? 210 : 180,
  padding: { left: 52, right: 14, top: legend ? 34 : 10, bottom: 40 },
});

interface Curve {
  name: string;
  role: 'right' | 'context';
  of: (epoch: Report['history'][number]) => number;
}

/** Loss, accuracy, learning rate and gradient norm by epoch, the chosen epoch marked. */
export function historyPlots(report: Report): Plot[] {
  const train = { name: 'training', role: 'context' } as const;
  const validation = { name: 'validation', role: 'right' } as const;
  const loss = curves(report, 'loss', '~g', [
    { ...train, of: (e) => e.trainLoss },
    { ...validation, of: (e) => e.validationLoss },
  ]);
  const accuracy = curves(report, 'accuracy', '~%', [
    { ...train, of: (e) => e.trainAccuracy },
    { ...validation, of: (e) => e.validationAccuracy },
  ]);
  const rate = curves(report, 'learning-rate', '~g', [
    { name: 'learning rate', role: 'right', of: (e) => e.learningRate },
  ]);
  const norm = curves(report, 'gradient-norm', '~g', [
    {
      name: 'gradient norm',
      role: 'right',
      of: (e) => e.gradientNorm,
    },
  ]);
  return [loss, accuracy, rate, norm];
}

function curves(report: Report, id: string, format: string, all: Curve[]): Plot {
  const { history, selection } = report;
  const rows = all.flatMap((curve) =>
    history.map((epoch) => ({ epoch: epoch.epoch, curve: curve.name, value: curve.of(epoch) })),
  );
  const chosen = history.find(({ epoch }) => epoch === selection.epoch);
  const [first, last] = [history[0]!.epoch, history.at(-1)!.epoch];
  // A single epoch stands in the middle.
  const domain = first === last ? [first - 0.5, last + 0.5] : [first, last];
  const x = {
    field: 'epoch',
    type: 'quantitative',
    scale: { domain, nice: false },
    axis: { title: 'epoch', format: 'd', tickMinStep: 1, tickCount: 6 },
  };
  const mark = { epoch: selection.epoch, value: chosen ? all.at(-1)!.of(chosen) : null };
  const spec = {
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
    description: describe(report, id, all),
    span: 'half',
    draw: (room) => ({ frame: frame(room, all.length > 1), spec }),
  };
}

function describe({ history, selection }: Report, id: string, all: Curve[]): string {
  const text = (value: number) => (id === 'accuracy' ? percent(value) : significant(value));
  const ends = all.map(
    ({ name, of }) => `${name} from ${text(of(history[0]!))} to ${text(of(history.at(-1)!))}`,
  );
  const span = `epochs ${history[0]!.epoch} to ${history.at(-1)!.epoch}`;
  return `Line plot over ${span}: ${ends.join(', ')}; epoch ${selection.epoch} was kept and is marked.`;
}
