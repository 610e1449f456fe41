import { beforeEach, expect, test } from 'vitest';
import type { Progress } from '../progress.ts';
import { type ConsoleRecord, recordConsole } from '../terminal/console-record.ts';
import { openSeedBoard } from './seed-board.ts';

let console: ConsoleRecord;
beforeEach(() => {
  console = recordConsole();
});

const progress = (change: Partial<Progress>): Progress => ({
  runId: 'r',
  status: 'running',
  stages: [{ stage: 'train', state: 'running' }],
  epochs: [],
  totalEpochs: 10,
  notices: [],
  ...change,
});

test('one line shows what each run does and how many wait', () => {
  const board = openSeedBoard(console);
  const [one, two, three] = ['seed 1', 'seed 2', 'seed 3'].map((name) => board.open(name));
  const best = { epoch: 2, validationAccuracy: 0.86 };
  one!.printer.update(progress({ doing: 'epoch 3, step 4 of 9', best }));
  expect(console.shown).toBe('  seed 1: epoch 3, best 86.00 % · 2 waiting');
  two!.printer.update(progress({ doing: 'starting the trainer' }));
  expect(console.shown).toBe(
    '  seed 1: epoch 3, best 86.00 % · seed 2: starting the trainer · 1 waiting',
  );
  one!.close();
  three!.close();
  expect(console.shown).toBe('  seed 2: starting the trainer');
  expect(console.lines).toEqual([]);
});

test('what stays names its run, and a notice is told once', () => {
  const run = openSeedBoard(console).open('seed 4');
  run.printer.update(progress({ notices: ['look'] }));
  run.printer.update(progress({ notices: ['look', 'listen'] }));
  run.console.line('done');
  expect(console.lines).toEqual(['! seed 4: look', '! seed 4: listen', 'seed 4: done']);
});

test('a narrow terminal shows less of each run, and no line is broken', () => {
  console.columns = 80;
  const board = openSeedBoard(console);
  const best = { epoch: 2, validationAccuracy: 0.86 };
  const runs = [1, 2, 3].map((seed) => board.open(`seed ${seed}`));
  for (const { printer } of runs) printer.update(progress({ doing: 'epoch 3 of 9', best }));
  const shownAt = (columns: number): string => {
    console.columns = columns;
    runs[0]!.printer.update(progress({ doing: 'epoch 3 of 9', best }));
    return console.shown;
  };
  expect(shownAt(120)).toBe(
    '  seed 1: epoch 3 of 9, best 86.00 % · seed 2: epoch 3 of 9, best 86.00 % · seed 3: epoch 3 of 9, best 86.00 %',
  );
  expect(shownAt(80)).toBe('  seed 1: epoch 3 of 9 · seed 2: epoch 3 of 9 · seed 3: epoch 3 of 9');
  expect(shownAt(60)).toBe('  1: epoch 3 of 9 · 2: epoch 3 of 9 · 3: epoch 3 of 9');
  expect(shownAt(40)).toBe('  3 running');
});
