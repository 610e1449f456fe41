import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The last lines that some streams carried, for an error message. */
export class LastLines {
  readonly #lines: string[] = [];

  constructor(limit: number, ...streams: (Readable | null)[]) {
    for (const stream of streams) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.#lines.push(line);
        if (this.#lines.length > limit) this.#lines.shift();
      });
    }
  }

  text(): string {
    return this.#lines.join('\n');
  }
}
