import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const contents = ['train', 'test', 'arrays'] as const;

/** The path of a file of an import that has no name yet. @param what it will hold */
export const draftPath = (
  directory: string,
  what: (typeof contents)[number],
  importId: string,
): string => join(directory, `${what}.draft-${importId}`);

const draftName = new RegExp(`^(${contents.join('|')})\\.draft-[0-9a-f-]{36}$`);

/** Takes away what an import that was killed left in a folder. */
export async function removeDrafts(directory: string, importId: string): Promise<void> {
  for (const what of contents) await rm(draftPath(directory, what, importId), { force: true });
}

const day = 24 * 60 * 60 * 1000;

/**
 * Takes away what imports left in a folder that were killed with those who began them: drafts that nobody has
 * written to for a day.
 */
export async function removeAbandonedDrafts(directory: string): Promise<void> {
  for (const name of (await readdir(directory)).filter((name) => draftName.test(name))) {
    const path = join(directory, name);
    const touched = (await stat(path).catch(() => undefined))?.mtimeMs;
    if (touched !== undefined && touched < Date.now() - day) await rm(path, { force: true });
  }
}
