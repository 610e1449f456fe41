import { chmod, lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '@atelier/errors';
import type { Log } from './command-log.ts';
import { temporalFolder } from './services.ts';
import { logPath } from './stack-file.ts';

/**
 * Makes the stack's folder, or closes to other users one that is there: the histories of all runs
 * lie in it. So are closed the files that older versions left open in it, should it be opened again.
 * It may be a link, since a person named it.
 * @throws UserError where it is another user's, whose records would say what is started and killed
 */
export async function closeHome(home: string, log: Log): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const { uid, mode } = await stat(home);
  const self = userInfo().uid;
  // Root works in the folders of others, such as those that a container is given.
  if (uid !== self && self !== 0)
    throw new UserError({
      what: 'The folder of the local stack belongs to another user.',
      where: home,
      expected: `a folder of user ${self}`,
      found: `a folder of user ${uid}`,
      remedy: 'set ATELIER_HOME to a folder of your own',
    });
  if (isOpen(mode)) await close(home, mode, log);
  for (const folder of [home, dirname(logPath(home, '')), temporalFolder(home)])
    for (const name of await readdir(folder).catch(() => []))
      await closeInside(join(folder, name)).catch(() => {});
}

const isOpen = (mode: number): boolean => (mode & 0o077) !== 0;

async function close(home: string, mode: number, log: Log): Promise<void> {
  await chmod(home, 0o700);
  if (isOpen((await stat(home)).mode)) {
    log.warn(`! ${home} cannot be closed to other users: its file system keeps no permissions.`);
    return;
  }
  const before = (mode & 0o777).toString(8).padStart(4, '0');
  log.info(`${home} was open to other users of this machine (mode ${before}): now it is 0700.`);
}

/** Gone meanwhile or another user's: the folder around it is closed anyway. */
async function closeInside(path: string): Promise<void> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink() || !isOpen(stats.mode)) return;
  await chmod(path, stats.mode & 0o700);
}
