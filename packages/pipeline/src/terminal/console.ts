import { readEnvironment } from '@atelier/environment';
import { oneLine, printable } from '@atelier/text';
import colors from 'picocolors';
import { cut, wrap } from './text.ts';

/** Colours of a line that is safe to show already. */
type Style = (line: string) => string;

export const bold: Style = colors.bold;
/** The tick of what is done is green. */
export const ticked: Style = (line) => line.replace('✓', colors.green('✓'));

/**
 * Where a command writes: results to one stream, everything about the way there to another. All of
 * it may hold what others wrote, so what a terminal would obey is shown instead (see `printable`);
 * the console's own colours come after that.
 */
export interface Console {
  /** A line that stays. */
  line(text?: string, style?: Style): void;
  /** The last line of a terminal, replaced by whatever comes next; left out elsewhere. */
  status(text: string): void;
  warn(text: string): void;
  /** The command's product on standard output, e.g. JSON. */
  result(text: string): void;
  /** Takes the status line away. */
  clear(): void;
  readonly interactive: boolean;
  /** Characters that a line has room for; no limit where lines go to a file or a program. */
  readonly columns: number;
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
    get columns() {
      return columnsOf(people);
    },
    line(text = '', style = (line) => line) {
      clear();
      people.write(`${style(printable(text))}\n`);
    },
    status(text) {
      if (!interactive) return;
      // A line that fills the last column could not be taken away in every terminal.
      people.write(`\r\x1b[2K${colors.dim(cut(oneLine(text), columnsOf(people) - 1))}`);
      shown = true;
    },
    warn(text) {
      clear();
      process.stderr.write(`${colors.yellow(wrap(printable(text), columnsOf(process.stderr)))}\n`);
    },
    result(text) {
      clear();
      process.stdout.write(`${printable(text)}\n`);
    },
  };
}

/** A terminal that does not know its width (0, as some pseudo-terminals say) has the usual one. */
export const columnsOf = ({ isTTY, columns }: NodeJS.WriteStream): number =>
  isTTY ? columns || 80 : Number.POSITIVE_INFINITY;

function inContinuousIntegration(): boolean {
  try {
    return readEnvironment().ci;
  } catch {
    // The command that reads the environment says what is wrong with it.
    return false;
  }
}
