import { UserError, WorldError } from '@atelier/errors';

const refusals: Record<string, [what: string, remedy: string]> = {
  ENOENT: ['A file or folder does not exist.', 'create it or name another'],
  EACCES: [
    'Permission denied.',
    'allow this user to read and write there, or choose another folder',
  ],
  EPERM: [
    'Permission denied.',
    'allow this user to read and write there, or choose another folder',
  ],
  EROFS: ['The file system is read-only.', 'choose a folder that can be written'],
  ENOTDIR: [
    'A part of this path is not a folder.',
    'remove the file in the way, or choose another',
  ],
  EEXIST: ['A file stands where a folder is needed.', 'remove it, or choose another folder'],
  EISDIR: ['A folder stands where a file is needed.', 'remove it, or choose another folder'],
  ERR_FS_FILE_TOO_LARGE: ['This file is larger than 2 GiB.', 'split the dataset, or compress it'],
  ENAMETOOLONG: ['This path is too long.', 'choose a folder with a shorter path'],
};

/**
 * What a failed file operation means. A full or failing disk is the world's failure; a missing
 * file, a wrong kind of file or a missing permission is the user's.
 * @param error what node:fs threw
 */
export function fileFailure(error: unknown, path: string): UserError | WorldError {
  if (error instanceof UserError || error instanceof WorldError) return error;
  const { code = 'unknown', message } = error as NodeJS.ErrnoException;
  const place = { where: path, found: message };
  const options = { cause: error };
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new WorldError(
      { what: 'The disk is full.', ...place, remedy: 'free some space; what has arrived is kept' },
      options,
    );
  const refusal = refusals[code];
  if (refusal === undefined)
    return new WorldError({ what: 'A file could not be read or written.', ...place }, options);
  const [what, remedy] = refusal;
  return new UserError({ what, ...place, remedy }, options);
}
