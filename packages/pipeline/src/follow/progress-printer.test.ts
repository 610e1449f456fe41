import { beforeEach, expect, test } from 'vitest';
import type { Progress } from '../progress.ts';
import { type ConsoleRecord, recordConsole } from '../terminal/console-record.ts';
import { openProgressPrinter } from './progress-printer.ts';

let console: ConsoleRecord;
beforeEach(() => {
  console = recordConsole();
});

const epoch = (n: number, validationAccuracy: number, seconds: number) => ({
  epoch: n,
  trainLoss: 1 / n,
  trainAccuracy: 0.5,
  validationLoss: 1 / n,
  validationAccuracy,
  seconds,
});

const progress = (change: Partial<Progress>): Progress => ({
  runId: 'r',
  status: 'running',
  stages: [
    { stage: 'data', state: 'done', hit: true, why: 'done by run a' },
    { stage: 'train', state: 'running' },
  ],
  epochs: [],
  totalEpochs: 10,
  notices: [],
  ...change,
});

test('stages and notices are told once, what is going on as status', () => {
  const printer = openProgressPrinter(console);
  const state = progress({ doing: 'epoch 1, step 5 of 9', notices: ['look'] });
  printer.update(state);
  printer.update(state);
  expect(console.lines).toEqual(['✓ data      already done by run a', '! look']);
  expect(console.shown).toBe('  train     epoch 1, step 5 of 9');
});

test('each epoch is a line with the best so far and the time left at the usual pace', () => {
  const printer = openProgressPrinter(console);
  printer.update(progress({ epochs: [epoch(1, 0.8, 30), epoch(2, 0.9, 1)] }));
  printer.update(progress({ epochs: [epoch(3, 0.85, 2)] }));
  const cells = console.lines.slice(2).map((line) => line.trim().split(/\s{2,}/));
  expect(cells.map(([at]) => at)).toEqual(['1/10', '2/10', '3/10']);
  expect(cells.map((row) => row[5])).toEqual(['80.00 % (1)', '90.00 % (2)', '90.00 % (2)']);
  // The first epoch's 30 seconds were compilation.
  expect(cells.map((row) => row[7])).toEqual(['-', '8.0 s', '10.5 s']);
  expect(printer.afterEpoch).toBe(3);
});

test('of equals the best is the epoch that will be chosen: the one of lower validation loss', () => {
  const printer = openProgressPrinter(console);
  const worse = { ...epoch(3, 0.9, 1), validationLoss: 0.7 };
  printer.update(progress({ epochs: [epoch(1, 0.9, 1), epoch(2, 0.9, 1), worse] }));
  const cells = console.lines.slice(2).map((line) => line.trim().split(/\s{2,}/));
  expect(cells.map((row) => row[5])).toEqual(['90.00 % (1)', '90.00 % (2)', '90.00 % (2)']);
});

test('the end of training comes after its last epoch', () => {
  const printer = openProgressPrinter(console);
  const stages: Progress['stages'] = [{ stage: 'train', state: 'done', seconds: 4 }];
  printer.update(progress({ stages, epochs: [epoch(10, 0.9, 1)] }));
  expect(console.lines.at(-1)).toBe('✓ train     4.0 s');
  expect(console.lines.at(-2)).toContain('10/10');
});

test('the header comes again where a change of width leaves other columns', () => {
  console.columns = 80;
  const printer = openProgressPrinter(console);
  printer.update(progress({ epochs: [epoch(1, 0.8, 1)] }));
  console.columns = 60;
  printer.update(progress({ epochs: [epoch(2, 0.9, 1), epoch(3, 0.9, 1)] }));
  const [first, , second, ...rows] = console.lines.slice(1);
  expect(first).toContain('s/epoch');
  expect(second).not.toContain('s/epoch');
  expect(rows).toHaveLength(2);
  for (const line of rows) expect(line.length).toBeLessThanOrEqual(60);
});
