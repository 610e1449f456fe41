import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Strike } from './strike.ts';

/** How far the worker's clock goes wrong: not so far that S3 refuses its signatures (15 minutes). */
const jumps = ['+10m', '-10m', '+0'];
const wrongSeconds = 10;

/** libfaketime (https://github.com/wolfcw/libfaketime), where the package of that name is installed. */
const library = readdirSync('/usr/lib')
  .map((folder) => `/usr/lib/${folder}/faketime/libfaketime.so.1`)
  .find(existsSync);

/** Why no clock can be set here; undefined where one can. */
export const noOtherClock = (): string | undefined =>
  library === undefined ? 'libfaketime is not installed' : undefined;

const clockFile = (cache: string): string => join(cache, 'clock');

/** Variables that give a process and its children a clock of their own, right at first. */
export async function otherClock(cache: string): Promise<Record<string, string>> {
  await writeFile(clockFile(cache), '+0');
  return {
    LD_PRELOAD: library!,
    FAKETIME_TIMESTAMP_FILE: clockFile(cache),
    FAKETIME_NO_CACHE: '1',
    // Whoever sets a clock does not change how long something takes.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

/** The clock of the worker and its trainer is set forth, back, and right again, 10 s each. */
export const clockJumps: Strike = async ({ cache }) => {
  const jump = async () => {
    for (const offset of jumps) {
      await writeFile(clockFile(cache), offset);
      await sleep(1000 * wrongSeconds);
    }
  };
  return [jump()];
};
