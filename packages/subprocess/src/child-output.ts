import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/**
 * What libraries say of themselves, which explains no death: remarks and warnings of absl and
 * TensorFlow (`I0000 00:00:1795768321.15 2076 port.cc:153] …`, `2026-11-27 08:40:00.123456: W
 * tensorflow/…`) and deprecation warnings of Node. Their errors (E, F) stay.
 */
const remarks = [
  /^WARNING: All log messages before absl::InitializeLog\(\)/,
  /^[IW]\d{4} \d\d:\d\d:\d+/,
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IW] /,
  /^To enable the following instructions: .* rebuild TensorFlow/,
  /^\(node:\d+\) .*Warning: /,
  /^\(Use `node --trace-/,
];

/** The last lines that some streams carried, for an error message. */
export class ChildOutput {
  readonly #limit: number;
  readonly #said: string[] = [];
  readonly #all: string[] = [];

  /** @param onLine is told every line */
  constructor(limit: number, onLine: (line: string) => void, ...streams: (Readable | null)[]) {
    this.#limit = limit;
    for (const stream of streams) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.#keep(this.#all, line);
        if (!remarks.some((remark) => remark.test(line))) this.#keep(this.#said, line);
        onLine(line);
      });
    }
  }

  /** Without the remarks of libraries. */
  said(): string {
    return this.#said.join('\n');
  }

  all(): string {
    return this.#all.join('\n');
  }

  #keep(lines: string[], line: string): void {
    lines.push(line);
    if (lines.length > this.#limit) lines.shift();
  }
}
