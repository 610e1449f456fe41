import type { Contender } from '@atelier/evaluate/schema';
import { byPreference } from '@atelier/evaluate/select-checkpoint';
import { bounded, oneLine } from '@atelier/text';
import type { EpochLine, Progress, StageProgress } from '../progress.ts';
import { bold, type Console, ticked } from '../terminal/console.ts';
import { headerLine, rowLine } from '../terminal/table.ts';
import { duration } from '../terminal/text.ts';
import { epochColumns } from './epoch-table.ts';

export interface ProgressPrinter {
  /** Prints what is new since the last time. */
  update(progress: Progress): void;
  /** The last epoch that was printed. */
  readonly afterEpoch: number;
}

/** The estimate of the time left is made of the times of so many epochs. */
const paceOver = 10;

/** The middle one: an attempt that had to start again paid for compiling once more. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}

/** A run's progress as it comes in: one line per finished stage and per epoch. */
export function openProgressPrinter(console: Console): ProgressPrinter {
  const finished = new Set<string>();
  const recent: number[] = [];
  const tellNotices = openNotices(console);
  let best: Contender | undefined;
  let afterEpoch = 0;
  let firstEpoch: number | undefined;
  let header: string | undefined;

  const printEpoch = (line: EpochLine, total: number): void => {
    const columns = epochColumns(total, console.columns);
    // Again where the terminal's width has changed, and other columns fit.
    if (header !== headerLine(columns)) {
      header = headerLine(columns);
      console.line(header, bold);
    }
    firstEpoch ??= line.epoch;
    const { epoch, validationAccuracy, validationLoss = Number.POSITIVE_INFINITY } = line;
    if (validationAccuracy !== undefined) {
      const own = { epoch, validationAccuracy, validationLoss };
      if (best === undefined || byPreference(own, best) < 0) best = own;
    }
    // The first epoch pays for starting up and compiling: it tells nothing about the others.
    if (firstEpoch !== line.epoch) recent.push(line.seconds);
    if (recent.length > paceOver) recent.shift();
    const pace = recent.length > 0 ? median(recent) : undefined;
    console.line(rowLine(columns, { ...line, best, pace }));
    afterEpoch = line.epoch;
  };

  const printStage = ({ stage, state, hit, why, seconds = 0 }: StageProgress): void => {
    if (state !== 'done' || finished.has(stage)) return;
    finished.add(stage);
    const how = hit ? `already ${why}` : duration(seconds);
    console.line(bounded(oneLine(`✓ ${stage.padEnd(9)} ${how}`), 1_000), ticked);
  };

  return {
    get afterEpoch() {
      return afterEpoch;
    },
    update(progress) {
      const { stages, epochs, totalEpochs, doing } = progress;
      for (const stage of stages) {
        // Epochs come before the line that says that training is done.
        if (stage.stage === 'train') for (const line of epochs) printEpoch(line, totalEpochs);
        printStage(stage);
      }
      tellNotices(progress.notices);
      const running = stages.find(({ state }) => state === 'running');
      if (running)
        console.status(`  ${running.stage.padEnd(9)} ${doing ?? 'waiting for a worker'}`);
      else if (doing !== undefined) console.status(`  ${doing}`);
    },
  };
}

/** Tells the notices in a run's progress, each once. */
export function openNotices(console: Console): (notices: readonly string[]) => void {
  let told: readonly string[] = [];
  return (notices) => {
    for (const notice of notices)
      if (!told.includes(notice)) console.warn(`! ${bounded(oneLine(notice), 1_000)}`);
    told = notices;
  };
}
