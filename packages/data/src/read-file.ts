import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import type { DatasetFile, DatasetFormat } from './formats/format.ts';

type AnnouncedLength = DatasetFormat<never, never>['announcedLength'];

/** Bytes of a decompressed file: what Node holds in one piece on every machine. */
const longest = 2 ** 32;

/** A file that says its length has said it within so many bytes. */
const beginning = 64 * 1024;

/**
 * Reads one file of a dataset: size and SHA-256 are checked, gzip undone.
 * @param announcedLength what a decompressed file says of its length
 * @throws UserError where the file is missing, unreadable, or not what the descriptor says
 */
export async function readVerifiedFile(
  path: string,
  file: DatasetFile,
  announcedLength: AnnouncedLength,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await readFile(path, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw fileFailure(error, path);
  });
  verify(bytes, path, file);
  return isGzip(bytes) ? gunzipped(bytes, path, announcedLength) : bytes;
}

function verify(bytes: Uint8Array, path: string, file: DatasetFile): void {
  const fail = (expected: string, found: string) =>
    new UserError({
      what: 'A dataset file is not the one that the descriptor names.',
      where: path,
      expected,
      found,
      remedy: 'delete the file, so that it is downloaded again, or correct the descriptor',
      mendedBy: ['dataset'],
    });
  if (bytes.length !== file.bytes) throw fail(`${file.bytes} bytes`, `${bytes.length} bytes`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== file.sha256) throw fail(`SHA-256 ${file.sha256}`, `SHA-256 ${sha256}`);
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** No more than the file says of itself: a small one could decompress to all of the memory. */
async function gunzipped(
  bytes: Uint8Array,
  path: string,
  announcedLength: AnnouncedLength,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let announced: number | undefined;
  const check = () => {
    announced ??= announcedLength?.(Buffer.concat(chunks));
    if (announced !== undefined && size > announced)
      throw tooLong(path, `${announced} bytes, as its header says`, 'more');
    if (Math.max(announced ?? 0, size) > longest)
      throw tooLong(path, `at most ${longest} bytes`, `${announced ?? 'more'} bytes`);
  };
  try {
    const decompressed = createGunzip({ chunkSize: 1 << 20 });
    decompressed.end(bytes);
    for await (const chunk of decompressed) {
      chunks.push(chunk);
      size += chunk.length;
      check();
      // A file that does not begin as it should is refused by whoever parses it.
      if (announcedLength && announced === undefined && size > beginning) break;
    }
    return Buffer.concat(chunks);
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
