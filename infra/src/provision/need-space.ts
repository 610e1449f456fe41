import { mkdir, statfs } from 'node:fs/promises';
import { UserError } from '@atelier/errors';

/**
 * @param mover the variable that moves the folder to another disk
 * @throws UserError when the disk under `folder` has less room than `bytes`
 */
export async function needSpace(folder: string, bytes: number, mover: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const free = await freeBytes(folder);
  if (free >= bytes) return;
  throw new UserError({
    what: 'There is too little room on the disk',
    where: folder,
    expected: `${gigabytes(bytes)} free`,
    found: `${gigabytes(free)} free`,
    remedy: `Free some space, or set ${mover} to a folder on another disk.`,
  });
}

export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
