import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Network } from '@atelier/model/network';
import type { Ready } from './contender.ts';
import type { Workload } from './workload.ts';

/** What the parent passes to a contender's program. */
export function passed<N extends Network = Network>(): { workload: Workload<N>; variant: string } {
  const [workload, variant] = process.argv.slice(2);
  return { workload: JSON.parse(workload!) as Workload<N>, variant: variant! };
}

/** Answers every line of standard input with the milliseconds that one repetition took. */
export async function serve(ready: Ready, repetition: () => Promise<void>): Promise<never> {
  answer(ready);
  for await (const _ of createInterface({ input: process.stdin })) {
    const begin = performance.now();
    await repetition();
    answer({ milliseconds: performance.now() - begin });
  }
  process.exit();
}

/** File descriptor 3: native libraries print to the usual ones as they like. */
const answer = (value: object): number => writeSync(3, `${JSON.stringify(value)}\n`);
