import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync } from 'node:zlib';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import type { DatasetFile } from './descriptor.ts';
import { announcedLength, type IdxArray, parseIdx } from './idx.ts';

const decompress = promisify(gunzip);

/** Of a decompressed file: what Node holds in one piece on every machine. */
const longest = 2 ** 32;

/**
 * Reads one file of a dataset: size and SHA-256 are checked, gzip undone, IDX parsed.
 * @throws UserError where the file is missing, unreadable, or not what the descriptor says
 */
export async function readIdxFile(
  path: string,
  file: DatasetFile,
  signal?: AbortSignal,
): Promise<IdxArray> {
  const bytes = await readFile(path, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw fileFailure(error, path);
  });
  verify(bytes, path, file);
  const idx = isGzip(bytes) ? await gunzipped(bytes, path) : bytes;
  return parseIdx(idx, path);
}

function verify(bytes: Uint8Array, path: string, file: DatasetFile): void {
  const fail = (expected: string, found: string) =>
    new UserError({
      what: 'A dataset file is not the one that the descriptor names.',
      where: path,
      expected,
      found,
      remedy: 'delete the file, so that it is downloaded again, or correct the descriptor',
    });
  if (bytes.length !== file.bytes) throw fail(`${file.bytes} bytes`, `${bytes.length} bytes`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== file.sha256) throw fail(`SHA-256 ${file.sha256}`, `SHA-256 ${sha256}`);
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** No more than the file says of itself: a small one could decompress to all of the memory. */
async function gunzipped(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  let start = new Uint8Array();
  let announced: number | undefined;
  try {
    start = gunzipSync(bytes.subarray(0, 2048), { finishFlush: constants.Z_SYNC_FLUSH });
    announced = announcedLength(start);
    if (announced !== undefined && announced > longest)
      throw tooLong(path, `at most ${longest} bytes`, `${announced} bytes`);
    return await decompress(bytes, { maxOutputLength: announced ?? start.length + 1 });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const isLonger = code === 'ERR_BUFFER_TOO_LARGE';
    // What does not begin like an IDX file: whoever parses it says so.
    if (isLonger && announced === undefined) return start;
    if (isLonger) throw tooLong(path, `${announced} bytes, as its header says`, 'more');
    throw new UserError(
      {
        what:
          code === 'Z_BUF_ERROR'
            ? 'This gzip file is truncated.'
            : 'This gzip file cannot be decompressed.',
        where: path,
        expected: 'a complete gzip file',
        found:
          code === 'Z_BUF_ERROR' ? `its end is missing after ${bytes.length} bytes` : `${message}`,
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
  });
