import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileFailure } from '@atelier/files';
import {
  type DecodedPicture,
  decodePicture,
  type PictureForm,
  UnusablePicture,
} from './decode-picture.ts';

/** Bytes of a picture's file, which is held in memory. */
export const longestFile = 2 ** 27;

/** A picture and its file's digest, or why there is none. */
type ReadPicture = { sha256: string; picture: DecodedPicture } | { why: string };

/** The bytes of a picture's file. @throws UnusablePicture where there are none */
export type PictureBytes = () => Promise<Buffer>;

/** Of files. */
export function* filesAt(paths: Iterable<string>): Generator<PictureBytes> {
  for (const path of paths) yield () => readBytes(path);
}

/**
 * Every picture, in order. While some are decoded the next are read: as many as are decoded together well,
 * or as few as memory holds, where files are large.
 */
export async function* readPictures(
  pictures: Iterable<PictureBytes> | AsyncIterable<PictureBytes>,
  form: PictureForm,
  signal: AbortSignal,
): AsyncGenerator<ReadPicture> {
  let decoding: Promise<ReadPicture>[] = [];
  for await (const batch of inBatches(pictures)) {
    signal.throwIfAborted();
    const next = batch.map((file) => readPicture(file, form));
    // Whoever comes to it hears of a failure; until then it is nobody's.
    for (const reading of next) reading.catch(() => {});
    yield* decoding;
    decoding = next;
  }
  yield* decoding;
}

type ReadFile = { bytes: Buffer } | { why: string };

const mostInBatch = 64;
const mostBytesInBatch = 2 ** 24;

async function* inBatches(
  pictures: Iterable<PictureBytes> | AsyncIterable<PictureBytes>,
): AsyncGenerator<ReadFile[]> {
  let batch: ReadFile[] = [];
  let reading: Promise<ReadFile>[] = [];
  const isFull = (): boolean => {
    const sizes = batch.map((file) => ('bytes' in file ? file.bytes.length : 0));
    return batch.length >= mostInBatch || sizes.reduce((a, b) => a + b, 0) >= mostBytesInBatch;
  };
  for await (const picture of pictures) {
    reading.push(readFileOf(picture));
    if (reading.length < 2 * availableParallelism()) continue;
    batch.push(...(await Promise.all(reading)));
    reading = [];
    if (!isFull()) continue;
    yield batch;
    batch = [];
  }
  batch.push(...(await Promise.all(reading)));
  if (batch.length > 0) yield batch;
}

async function readFileOf(read: PictureBytes): Promise<ReadFile> {
  try {
    return { bytes: await read() };
  } catch (error) {
    if (error instanceof UnusablePicture) return { why: error.message };
    throw error;
  }
}

async function readPicture(file: ReadFile, form: PictureForm): Promise<ReadPicture> {
  if ('why' in file) return file;
  try {
    const picture = await decodePicture(file.bytes, form);
    return { sha256: createHash('sha256').update(file.bytes).digest('hex'), picture };
  } catch (error) {
    if (error instanceof UnusablePicture) return { why: error.message };
    throw error;
  }
}

/** What cannot be read is left out; a disk that fails is no picture's fault. */
async function readBytes(path: string): Promise<Buffer> {
  try {
    const at = await stat(path);
    if (!at.isFile()) throw new UnusablePicture('it is no file');
    if (at.size > longestFile)
      throw new UnusablePicture(`the file has more than ${longestFile / 2 ** 20} MiB`);
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new UnusablePicture(
        path.includes('\ufffd')
          ? 'its name is not written in UTF-8'
          : 'it is not there, or a link that leads nowhere',
      );
    if (code === 'ELOOP') throw new UnusablePicture('it is a link that leads nowhere');
    if (code === 'EACCES' || code === 'EPERM') throw new UnusablePicture('permission denied');
    throw error instanceof UnusablePicture ? error : fileFailure(error, path);
  }
}
