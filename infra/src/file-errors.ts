import { dirname } from 'node:path';
import { UserError } from '@atelier/errors';

const REMEDIES: Record<string, { what: string; remedy: (path: string) => string }> = {
  ENOSPC: { what: 'The disk is full', remedy: () => 'Free some space (`df -h` shows where).' },
  EDQUOT: { what: 'The disk quota is used up', remedy: () => 'Free some space, or ask for more.' },
  EROFS: { what: 'The file system is read-only', remedy: () => 'Name a folder on another one.' },
  EACCES: {
    what: 'Permission denied',
    remedy: (path) => `Make ${dirname(path)} writable for this user (\`ls -ld\` shows its owner).`,
  },
  EEXIST: {
    what: 'A file stands where a folder should be',
    remedy: (path) => `Move ${path} away.`,
  },
  ENOTDIR: {
    what: 'A file stands where a folder should be',
    remedy: (path) => `Move the file in the path of ${path} away.`,
  },
  EPERM: { what: 'Not permitted', remedy: (path) => `Check the owner of ${dirname(path)}.` },
};

/**
 * Turns what the file system refuses into an error that says what to do; others pass unchanged.
 * @param purpose what the path is for, e.g. 'the cache (XDG_CACHE_HOME moves it)'
 */
export function explainFileError(error: unknown, path: string, purpose: string): unknown {
  const { code, path: failedPath } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : REMEDIES[code];
  if (known === undefined) return error;
  const where = failedPath ?? path;
  return new UserError(
    { what: `${known.what}: ${purpose}`, where, found: code!, remedy: known.remedy(where) },
    { cause: error },
  );
}
