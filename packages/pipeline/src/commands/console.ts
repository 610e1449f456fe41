import { readEnvironment } from '@atelier/infra';
import colors from 'picocolors';

/** Where a command writes: results to one stream, everything about the way there to another. */
export interface Console {
  /** A line that stays. */
  line(text?: string): void;
  /** The last line of a terminal, replaced by whatever comes next; left out elsewhere. */
  status(text: string): void;
  warn(text: string): void;
  /** The command's product on standard output, e.g. JSON. */
  result(text: string): void;
  /** Takes the status line away. */
  clear(): void;
  readonly interactive: boolean;
}

/** @param quiet standard output is kept for the result: people read standard error */
export function openConsole(quiet = false): Console {
  const people = quiet ? process.stderr : process.stdout;
  const interactive = people.isTTY === true && !inContinuousIntegration();
  let shown = false;
  const clear = (): void => {
    if (shown) people.write('\r\x1b[2K');
    shown = false;
  };
  return {
    interactive,
    clear,
    line(text = '') {
      clear();
      people.write(`${text}\n`);
    },
    status(text) {
      if (!interactive) return;
      const width = Math.max(people.columns ?? 80, 60) - 1;
      people.write(`\r\x1b[2K${colors.dim(text.slice(0, width))}`);
      shown = true;
    },
    warn(text) {
      clear();
      process.stderr.write(`${colors.yellow(text)}\n`);
    },
    result(text) {
      clear();
      process.stdout.write(`${text}\n`);
    },
  };
}

function inContinuousIntegration(): boolean {
  try {
    return readEnvironment().ci;
  } catch {
    // What is wrong with the environment is said by the command that reads it.
    return false;
  }
}
