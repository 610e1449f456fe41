import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Tries to write into a folder, since permission alone does not tell: a disk that failed has become
 * read-only, or is full.
 * @returns what node:fs threw, undefined where it can be written
 */
export async function whyUnwritable(folder: string): Promise<NodeJS.ErrnoException | undefined> {
  const probe = join(folder, `.probe-${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(probe, 'can be written');
    await rm(probe);
    return undefined;
  } catch (error) {
    await rm(probe, { force: true }).catch(() => {});
    return error as NodeJS.ErrnoException;
  }
}
