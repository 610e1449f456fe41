import { WorldError } from '@atelier/errors';

/**
 * The SHA-256 of one file out of a published list in the form of sha256sum(1).
 * @throws WorldError when the list does not name the file
 */
export function checksumOf(list: string, file: string, where: string): string {
  for (const line of list.split('\n')) {
    const [digest = '', name = ''] = line.trim().split(/\s+\*?/);
    if (name === file && /^[0-9a-f]{64}$/i.test(digest)) return digest.toLowerCase();
  }
  throw new WorldError({
    what: 'The published checksums do not name the file',
    where,
    expected: `a line for ${file}`,
    found: `${list.slice(0, 80).trim()} …`,
  });
}
