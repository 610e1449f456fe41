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

/** Every picture, in order; some are read ahead. */
export async function* readPictures(
  pictures: Iterable<PictureBytes> | AsyncIterable<PictureBytes>,
  form: PictureForm,
  signal: AbortSignal,
): AsyncGenerator<ReadPicture> {
  const ahead: Promise<ReadPicture>[] = [];
  for await (const picture of pictures) {
    signal.throwIfAborted();
    const reading = readPicture(picture, form);
    // Whoever comes to it hears of a failure; until then it is nobody's.
    reading.catch(() => {});
    ahead.push(reading);
    if (ahead.length >= 2 * availableParallelism()) yield await ahead.shift()!;
  }
  yield* ahead;
}

async function readPicture(read: PictureBytes, form: PictureForm): Promise<ReadPicture> {
  try {
    const bytes = await read();
    const picture = await decodePicture(bytes, form);
    return { sha256: createHash('sha256').update(bytes).digest('hex'), picture };
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
