import { createHash } from 'node:crypto';
import { createReadStream, openSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '@atelier/errors';
import { fileFailure, hashedFile, holdFile, type WatchedFile } from '@atelier/files';
import type { DatasetFile, FileContent } from './formats/format.ts';
import { wholeSplitBytes } from './split.ts';

/** Bytes of a decompressed file: what Node holds in one piece on every machine. */
const longest = 2 ** 32;

/** Bytes that one of deflate can stand for (https://zlib.net/zlib_tech.html), and some to spare. */
const densest = 1040;

export interface ReadingOptions {
  signal?: AbortSignal | undefined;
  /** Bytes of a file, or of images in it, that are held; of more, parts are read as they are needed. */
  mostHeld?: number | undefined;
}

/**
 * Opens one file of a dataset: size and SHA-256 are checked, gzip is undone as it is read.
 * @throws UserError where the file is missing, unreadable, or not what the descriptor says
 */
export async function openVerifiedFile(
  path: string,
  file: DatasetFile,
  { signal, mostHeld = wholeSplitBytes }: ReadingOptions = {},
): Promise<FileContent> {
  const { stored, sha256 } = await lookAt(path, file, { signal, mostHeld }).catch(
    (error: unknown) => {
      signal?.throwIfAborted();
      throw fileFailure(error, path);
    },
  );
  if (sha256 !== file.sha256) throw otherFile(path, `SHA-256 ${file.sha256}`, `SHA-256 ${sha256}`);
  const { bytes } = file;
  if (!(await isGzip(stored)))
    return {
      ...{ where: path, mostHeld },
      beginning: (length) => stored.beginning(length),
      whole: () => stored.whole(),
      held: () => stored.held(),
      async unpacked(length) {
        if (length === bytes) return stored.held();
        throw otherLength(path, length, bytes);
      },
    };
  const most = Math.min(longest, bytes * densest);
  const opened = (): Packed => ({ stream: stored.stream(), path, bytes });
  return {
    ...{ where: path, mostHeld },
    beginning: (length) => gunzipped(opened(), length, 'beginning'),
    held: () => stored.held(),
    async whole(length) {
      if (length > most)
        throw tooLong(path, `at most ${most} bytes`, `${length} bytes, as its header says`);
      const content = await gunzipped(opened(), length, 'whole');
      stored.check();
      return content;
    },
    async unpacked(length, directory) {
      if (length > bytes * densest)
        throw tooLong(
          path,
          `at most ${bytes * densest} bytes`,
          `${length} bytes, as its header says`,
        );
      const to = join(directory, `${basename(path)}.unpacked`);
      await unpack(opened(), length, to, signal);
      stored.check();
      return ownFile(to);
    },
  };
}

/** A file that was just written, of which nobody else knows. */
export const ownFile = (path: string): WatchedFile => ({
  path,
  descriptor: openSync(path, 'r'),
  wasDisturbed: () => false,
});

/** What lies on disk, verified. */
interface Stored {
  beginning(length: number): Promise<Uint8Array>;
  whole(): Promise<Uint8Array>;
  stream(): Readable;
  /** @throws WorldError where what was read of it may not be what was verified */
  check(): void;
  /** The file itself. */
  held(): WatchedFile;
}

/** No more is read than the descriptor says of the file. */
async function lookAt(
  path: string,
  file: DatasetFile,
  { signal, mostHeld }: ReadingOptions & { mostHeld: number },
): Promise<{ stored: Stored; sha256: string }> {
  const { size } = await stat(path);
  if (size !== file.bytes) throw otherFile(path, `${file.bytes} bytes`, `${size} bytes`);
  if (size > mostHeld) {
    const { sha256, stamp } = await hashedFile(path, signal);
    const held = holdFile(path, sha256, stamp);
    return {
      sha256,
      stored: {
        beginning: (length) => beginningOf(path, length),
        async whole() {
          const bytes = await readFile(path, { signal });
          held.wasDisturbed();
          return bytes;
        },
        stream: () => createReadStream(path, { highWaterMark: 2 ** 20, signal }),
        check: () => held.wasDisturbed(),
        held: () => held,
      },
    };
  }
  const bytes = await readFile(path, { signal });
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    stored: {
      beginning: async (length) => bytes.subarray(0, length),
      whole: async () => bytes,
      stream: () => Readable.from([bytes]),
      check() {},
      held: () => holdFile(path, file.sha256),
    },
  };
}

async function beginningOf(path: string, length: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const otherFile = (where: string, expected: string, found: string): UserError =>
  new UserError({
    what: 'A dataset file is not the one that the descriptor names.',
    ...{ where, expected, found },
    remedy: 'delete the file, so that it is downloaded again, or correct the descriptor',
    mendedBy: ['dataset'],
  });

async function isGzip(stored: Stored): Promise<boolean> {
  const [first, second] = await stored.beginning(2);
  return first === 0x1f && second === 0x8b;
}

/** A gzip file, and its bytes. */
interface Packed {
  stream: Readable;
  path: string;
  bytes: number;
}

/**
 * So many bytes of what was compressed, fewer where it was less. A `beginning` ends there, a `whole`
 * may hold no more.
 */
async function gunzipped(
  packed: Packed,
  length: number,
  part: 'beginning' | 'whole',
): Promise<Uint8Array> {
  const content = new Uint8Array(length);
  let size = 0;
  for await (const chunk of decompressed(packed, part === 'whole' ? 1 << 20 : 1 << 14)) {
    const rest = length - size;
    if (chunk.length > rest && part === 'whole')
      throw tooLong(packed.path, `${length} bytes, as its header says`, 'more');
    content.set(chunk.subarray(0, rest), size);
    size += Math.min(chunk.length, rest);
    if (size === length && part === 'beginning') break;
  }
  return content.subarray(0, size);
}

/** Decompresses to a file of exactly so many bytes. */
async function unpack(
  packed: Packed,
  length: number,
  to: string,
  signal?: AbortSignal,
): Promise<void> {
  const file = await open(to, 'w');
  let size = 0;
  try {
    for await (const chunk of decompressed(packed, 1 << 20)) {
      signal?.throwIfAborted();
      size += chunk.length;
      if (size > length) throw tooLong(packed.path, `${length} bytes, as its header says`, 'more');
      await file.writeFile(chunk).catch((error: unknown) => {
        throw fileFailure(error, to);
      });
    }
  } finally {
    await file.close();
  }
  if (size < length) throw otherLength(packed.path, length, size);
}

async function* decompressed(
  { stream, path, bytes }: Packed,
  chunkSize: number,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize });
  stream.on('error', (error) => gunzip.destroy(error));
  try {
    yield* stream.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isTruncated = code === 'Z_BUF_ERROR';
    throw new UserError(
      {
        what: `This gzip file ${isTruncated ? 'is truncated' : 'cannot be decompressed'}.`,
        where: path,
        expected: 'a complete gzip file',
        found: isTruncated ? `its end is missing after ${bytes} bytes` : message,
        remedy: 'delete the file, so that it is downloaded again',
      },
      { cause: error },
    );
  } finally {
    stream.destroy();
  }
}

const otherLength = (where: string, expected: number, found: number): UserError =>
  new UserError({
    what: 'This file is not as long as its header says.',
    where,
    expected: `${expected} bytes`,
    found: `${found} bytes`,
    remedy: 'check that the file is the one its publisher made',
    mendedBy: ['dataset'],
  });

const tooLong = (where: string, expected: string, found: string): UserError =>
  new UserError({
    what: 'This gzip file holds too much.',
    where,
    expected,
    found,
    remedy: 'check that the file is the one its publisher made',
    mendedBy: ['dataset'],
  });
