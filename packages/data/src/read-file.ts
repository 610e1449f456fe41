import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import type { DatasetFile, FileContent } from './formats/format.ts';

/** Bytes of a decompressed file: what Node holds in one piece on every machine. */
const longest = 2 ** 32;

/** Bytes that one of deflate can stand for (https://zlib.net/zlib_tech.html), and some to spare. */
const densest = 1040;

/**
 * Opens one file of a dataset: size and SHA-256 are checked, gzip is undone as it is read.
 * @throws UserError where the file is missing, unreadable, or not what the descriptor says
 */
export async function openVerifiedFile(
  path: string,
  file: DatasetFile,
  signal?: AbortSignal,
): Promise<FileContent> {
  const bytes = await readBytes(path, file, signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw fileFailure(error, path);
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== file.sha256) throw otherFile(path, `SHA-256 ${file.sha256}`, `SHA-256 ${sha256}`);
  if (!isGzip(bytes))
    return {
      where: path,
      beginning: async (length) => bytes.subarray(0, length),
      whole: async () => bytes,
    };
  return {
    where: path,
    beginning: (length) => gunzipped(bytes, path, length, 'beginning'),
    async whole(length) {
      const most = Math.min(longest, bytes.length * densest);
      if (length > most)
        throw tooLong(path, `at most ${most} bytes`, `${length} bytes, as its header says`);
      return gunzipped(bytes, path, length, 'whole');
    },
  };
}

/** No more than the descriptor says of it. */
async function readBytes(
  path: string,
  file: DatasetFile,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size !== file.bytes) throw otherFile(path, `${file.bytes} bytes`, `${size} bytes`);
  return readFile(path, { signal });
}

const otherFile = (where: string, expected: string, found: string): UserError =>
  new UserError({
    what: 'A dataset file is not the one that the descriptor names.',
    ...{ where, expected, found },
    remedy: 'delete the file, so that it is downloaded again, or correct the descriptor',
    mendedBy: ['dataset'],
  });

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * So many bytes of what was compressed, fewer where it was less. A `beginning` ends there, a `whole`
 * may hold no more.
 */
async function gunzipped(
  bytes: Uint8Array,
  path: string,
  length: number,
  part: 'beginning' | 'whole',
): Promise<Uint8Array> {
  const content = new Uint8Array(length);
  let size = 0;
  try {
    const decompressed = createGunzip({ chunkSize: part === 'whole' ? 1 << 20 : 1 << 14 });
    decompressed.end(bytes);
    for await (const chunk of decompressed as AsyncIterable<Uint8Array>) {
      const rest = length - size;
      if (chunk.length > rest && part === 'whole')
        throw tooLong(path, `${length} bytes, as its header says`, 'more');
      content.set(chunk.subarray(0, rest), size);
      size += Math.min(chunk.length, rest);
      if (size === length && part === 'beginning') break;
    }
    return content.subarray(0, size);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const isTruncated = code === 'Z_BUF_ERROR';
    throw new UserError(
      {
        what: `This gzip file ${isTruncated ? 'is truncated' : 'cannot be decompressed'}.`,
        where: path,
        expected: 'a complete gzip file',
        found: isTruncated ? `its end is missing after ${bytes.length} bytes` : message,
        remedy: 'delete the file, so that it is downloaded again',
      },
      { cause: error },
    );
  }
}

const tooLong = (where: string, expected: string, found: string): UserError =>
  new UserError({
    what: 'This gzip file holds too much.',
    where,
    expected,
    found,
    remedy: 'check that the file is the one its publisher made',
    mendedBy: ['dataset'],
  });
