import colors from 'picocolors';
import type { Console } from '../commands/console.ts';
import type { EpochLine, Progress, StageProgress } from '../progress.ts';
import { duration, epochHeader, epochRow } from './format.ts';
import { openNotices } from './notices.ts';

export interface ProgressPrinter {
  /** Prints what is new since the last time. */
  update(progress: Progress): void;
  /** The last epoch that was printed. */
  readonly afterEpoch: number;
}

/** Epochs whose times the estimate of the time left is made of. */
const paceOver = 10;

/** Of the middle ones: an attempt that had to start again paid for compiling once more. */
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
  let best: Progress['best'];
  let afterEpoch = 0;
  let headedAt: number | undefined;

  const printEpoch = (line: EpochLine, total: number): void => {
    if (headedAt === undefined) console.line(colors.bold(epochHeader()));
    headedAt ??= line.epoch;
    if (line.validationAccuracy > (best?.validationAccuracy ?? -1))
      best = { epoch: line.epoch, validationAccuracy: line.validationAccuracy };
    // The first epoch pays for starting up and compiling: it tells nothing about the others.
    if (headedAt !== line.epoch) recent.push(line.seconds);
    if (recent.length > paceOver) recent.shift();
    const pace = recent.length > 0 ? median(recent) : undefined;
    console.line(epochRow(line, total, best!, pace));
    afterEpoch = line.epoch;
  };

  const printStage = ({ stage, state, hit, why, seconds = 0 }: StageProgress): void => {
    if (state !== 'done' || finished.has(stage)) return;
    finished.add(stage);
    const how = hit ? `already ${why}` : duration(seconds);
    console.line(`${colors.green('✓')} ${stage.padEnd(9)} ${how}`);
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
    },
  };
}
