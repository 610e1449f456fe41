import type { Console } from './console.ts';

/** A console for tests: it keeps what was written. */
export interface ConsoleRecord extends Console {
  lines: string[];
  /** The status line. */
  shown: string;
  columns: number;
}

export function recordConsole(columns = Number.POSITIVE_INFINITY): ConsoleRecord {
  const record: ConsoleRecord = {
    lines: [],
    shown: '',
    interactive: true,
    columns,
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
