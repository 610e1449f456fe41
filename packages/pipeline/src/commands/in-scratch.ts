import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interruptible } from '../terminal/exit.ts';

/**
 * Runs what a person may stop with a folder that is gone afterwards.
 * @param name of the command, for the folder's
 * @param lastWords what the command ends with where it was stopped
 */
export const inScratch = <T>(
  name: string,
  lastWords: string,
  work: (directory: string, signal: AbortSignal) => Promise<T>,
): Promise<T> =>
  interruptible(lastWords, async (signal) => {
    const directory = await mkdtemp(join(tmpdir(), `atelier-${name}-`));
    try {
      return await work(directory, signal);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
