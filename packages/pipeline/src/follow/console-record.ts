import type { Console } from '../commands/console.ts';

/** A console for tests: it keeps what was written. */
export interface ConsoleRecord extends Console {
  lines: string[];
  /** The status line. */
  shown: string;
}

export function recordConsole(): ConsoleRecord {
  const record: ConsoleRecord = {
    lines: [],
    shown: '',
    interactive: true,
    line: (text = '') => void record.lines.push(text),
    warn: (text) => void record.lines.push(text),
    result: (text) => void record.lines.push(text),
    status: (text) => {
      record.shown = text;
    },
    clear: () => {},
  };
  return record;
}
