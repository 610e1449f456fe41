import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@atelier/errors';
import { fileFailure } from './file-failure.ts';
import { sha256Of } from './sha256-of.ts';

/** What a file shall hold. */
interface Wanted {
  bytes: number;
  sha256: string;
}

/** What stands where a file shall be written: nothing, what it shall hold already, or other bytes. */
type Standing = 'nothing' | 'same' | 'other';

/**
 * Looks at where a file shall be written below a folder that a person named, before it is written.
 * Nothing below that folder may be a link, which would lead to another place.
 * @param name parts separated by /, as below a folder: model/model.safetensors
 * @throws UserError for a link or a file in the place of a folder, and for whatever is no file in
 *   the place of the file
 */
export async function standingAt(folder: string, name: string, wanted: Wanted): Promise<Standing> {
  const parts = name.split('/');
  for (let i = 1; i <= parts.length; i++) {
    const path = join(folder, ...parts.slice(0, i));
    const stats = await look(path);
    if (stats === undefined) return 'nothing';
    const isLast = i === parts.length;
    if (isLast ? !stats.isFile() : !stats.isDirectory()) throw inTheWay(path, stats, isLast);
    if (isLast) return stats.size === wanted.bytes ? compare(path, wanted.sha256) : 'other';
  }
  return 'nothing';
}

const look = (path: string): Promise<Stats | undefined> =>
  lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw fileFailure(error, path);
  });

async function compare(path: string, sha256: string): Promise<Standing> {
  const found = await sha256Of(path).catch((error: unknown) => {
    throw fileFailure(error, path);
  });
  return found === sha256 ? 'same' : 'other';
}

function inTheWay(path: string, stats: Stats, wantsFile: boolean): UserError {
  const found = stats.isSymbolicLink()
    ? 'a link'
    : stats.isDirectory()
      ? 'a folder'
      : stats.isFile()
        ? 'a file'
        : 'neither a file nor a folder';
  const wanted = wantsFile ? 'file' : 'folder';
  return new UserError({
    what: `Something else stands where a ${wanted} is to be written.`,
    where: path,
    expected: `a ${wanted}, or nothing`,
    found,
    remedy: 'move it away, or name another folder',
  });
}
