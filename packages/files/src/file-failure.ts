import { isExplained, UserError, WorldError } from '@atelier/errors';

/** What went wrong, without a full stop, and what to do about it. */
type Explanation = [what: string, remedy?: string];

const fullDisk: Record<string, Explanation> = {
  ENOSPC: ['The disk is full', 'free some space (`df -h` shows where)'],
  EFBIG: ['A file may not become as large', 'allow larger ones (`ulimit -f` shows how large)'],
  EDQUOT: ['The disk quota is used up', 'free some space, or ask for more'],
};

const access = 'give the user that runs this program access to it (`ls -ld` shows its owner)';
const refusals: Record<string, Explanation> = {
  EACCES: ['Permission denied', `${access}, or name another place`],
  EPERM: ['Permission denied', `${access}, or name another place`],
  EROFS: ['The file system is read-only', 'name a folder on another one'],
  ENOTDIR: ['A file stands where a folder is needed', 'move it away, or name another folder'],
  EEXIST: ['A file stands where a folder is needed', 'move it away, or name another folder'],
};

/** Node says ENOENT where a folder and what it lies in cannot be made because the disk is read-only. */
const unmadeFolder: Explanation = [
  'A folder cannot be made, as on a file system that is read-only',
  'name a folder on another one',
];

/** What is wrong with a path that a person has named, and an accident with any other. */
const misnamed: Record<string, Explanation> = {
  ENOENT: ['A file or folder does not exist', 'create it or name another'],
  EISDIR: ['A folder stands where a file is needed', 'move it away, or name another file'],
  ELOOP: ['Links lead to one another', 'name what they should lead to'],
  ENAMETOOLONG: ['This path is too long', 'name a folder with a shorter path'],
  ERR_FS_FILE_TOO_LARGE: ['This file is larger than 2 GiB', 'divide it into smaller ones'],
};

/**
 * What it means that a file which a person named cannot be used. A full or failing disk is the
 * world's failure; a missing file, a wrong kind of file or a missing permission is the user's.
 * @param error what node:fs threw
 * @param path the file or folder, where the error names none
 * @param purpose what it is for: 'the cache (XDG_CACHE_HOME moves it)'
 */
export function fileFailure(
  error: unknown,
  path: string,
  purpose?: string,
): UserError | WorldError {
  const known = explainFileError(error, path, purpose);
  if (isExplained(known)) return known;
  const explanation = misnamed[codeOf(error)];
  if (explanation)
    return new UserError(explain(explanation, error, path, purpose), { cause: error });
  const unknown: Explanation = ['A file could not be read or written'];
  return new WorldError(explain(unknown, error, path, purpose), { cause: error });
}

/**
 * Explains what a disk or its permissions refuse, whoever asked for it. Other errors pass
 * unchanged: some are no file's, and a missing file may be one of the program's own.
 */
export function explainFileError(error: unknown, path?: string, purpose?: string): unknown {
  if (isExplained(error)) return error;
  const code = codeOf(error);
  const full = fullDisk[code];
  if (full) return new WorldError(explain(full, error, path, purpose), { cause: error });
  const isUnmade = code === 'ENOENT' && (error as NodeJS.ErrnoException).syscall === 'mkdir';
  const refusal = isUnmade ? unmadeFolder : refusals[code];
  if (refusal) return new UserError(explain(refusal, error, path, purpose), { cause: error });
  return error;
}

function explain([what, remedy]: Explanation, error: unknown, path?: string, purpose?: string) {
  const { path: failed, message } = error as NodeJS.ErrnoException;
  const where = failed ?? path;
  return {
    what: purpose === undefined ? `${what}.` : `${what}: ${purpose}.`,
    ...(where !== undefined && { where }),
    found: message,
    ...(remedy !== undefined && { remedy }),
  };
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? '';
