import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The path of a file that has no name yet. @param what it will hold */
export const draftPath = (directory: string, what: 'pixels' | 'arrays'): string =>
  join(directory, `${what}.draft-${crypto.randomUUID()}`);

const isDraft = (name: string): boolean => /^(pixels|arrays)\.draft-[0-9a-f-]{36}$/.test(name);

const day = 24 * 60 * 60 * 1000;

/** Takes away what imports that were killed left in a folder: drafts that nobody has written to for a day. */
export async function removeAbandonedDrafts(directory: string): Promise<void> {
  for (const name of (await readdir(directory)).filter(isDraft)) {
    const path = join(directory, name);
    const touched = (await stat(path).catch(() => undefined))?.mtimeMs;
    if (touched !== undefined && touched < Date.now() - day) await rm(path, { force: true });
  }
}
