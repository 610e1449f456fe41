import { chmod, lstat, mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { UserError } from '@atelier/errors';
import { fileFailure } from './file-failure.ts';

/** Permissions of the group and of all others. */
const OTHERS = 0o077;

/**
 * Makes a folder that this user alone may enter, or sees to it that one that is there is such a
 * folder: then nobody else has put into it what is found there.
 * @param purpose for errors: 'the folder of test stacks'
 * @throws UserError for a link, another user's folder or a file in its place
 */
export async function privateFolder(path: string, purpose: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const { uid, mode, isLink } = await look(path);
    if (isLink || uid !== userInfo().uid)
      throw new UserError({
        what: `This folder is not this user's own: ${purpose}.`,
        where: path,
        expected: `a folder of user ${userInfo().uid}, and no link to one`,
        found: isLink ? 'a link' : `a folder of user ${uid}`,
        remedy: 'move it away, or ask its owner to',
      });
    if (mode & OTHERS) await chmod(path, 0o700);
  } catch (error) {
    throw fileFailure(error, path, purpose);
  }
}

/** Whether something is a folder of this user's that nobody else may enter, and no link to one. */
export async function isPrivateFolder(path: string): Promise<boolean> {
  const found = await look(path).catch(() => undefined);
  if (found === undefined || found.isLink || !found.isFolder) return false;
  return found.uid === userInfo().uid && (found.mode & OTHERS) === 0;
}

async function look(path: string) {
  const stats = await lstat(path);
  const { uid, mode } = stats;
  return { uid, mode, isLink: stats.isSymbolicLink(), isFolder: stats.isDirectory() };
}
