import { hash } from 'node:crypto';
import {
  type DecodedPicture,
  decodePicture,
  type PictureForm,
  UnusablePicture,
} from './decode-picture.ts';
import type { PictureFile } from './picture-files.ts';

/** A picture and its file's digest, or why there is none. */
type ReadPicture = { sha256: string; picture: DecodedPicture } | { why: string };

/** Every picture, in order; while some are decoded the next are read. */
export async function* readPictures(
  batches: AsyncIterable<readonly PictureFile[]>,
  form: PictureForm,
  signal: AbortSignal,
): AsyncGenerator<ReadPicture> {
  let decoding: Promise<ReadPicture>[] = [];
  for await (const batch of batches) {
    signal.throwIfAborted();
    const next = batch.map((file) => readPicture(file, form));
    // Whoever comes to it hears of a failure; until then it is nobody's.
    for (const reading of next) reading.catch(() => {});
    yield* decoding;
    decoding = next;
  }
  yield* decoding;
}

async function readPicture(file: PictureFile, form: PictureForm): Promise<ReadPicture> {
  if ('why' in file) return file;
  try {
    const picture = await decodePicture(file.bytes, form);
    return { sha256: hash('sha256', file.bytes), picture };
  } catch (error) {
    if (error instanceof UnusablePicture) return { why: error.message };
    throw error;
  }
}
