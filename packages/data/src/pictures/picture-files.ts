import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { fileFailure } from '@atelier/files';

/** A picture's file, or why it is left out. */
export type PictureFile = { bytes: Buffer } | { why: string };

/** Bytes of a picture's file, which is held in memory. */
export const longestFile = 2 ** 27;

/** As many as are decoded together well, or as few as memory holds, where files are large. */
const mostInBatch = 64;
const mostBytesInBatch = 2 ** 24;

/** Files that are read at a time: what waits for a disk does not wait for the one before. */
const mostAtOnce = 16;

// Those of node:fs/promises take twice the processor's time, and a small picture takes little else.
const open = promisify(fs.open);
const read = promisify(fs.read);

/**
 * The files at some paths, in their order, in batches.
 * @throws WorldError or UserError where a disk fails, which is no picture's fault
 */
export async function* filesAt(paths: readonly string[]): AsyncGenerator<PictureFile[]> {
  for (let begin = 0; begin < paths.length; ) {
    const files = await readSome(paths.slice(begin, begin + mostInBatch));
    yield files;
    begin += files.length;
  }
}

/** The first of them, and those after it that are not too much together. */
async function readSome(paths: readonly string[]): Promise<PictureFile[]> {
  const files: PictureFile[] = [];
  let [next, end, bytes] = [0, paths.length, 0];
  const fits = (at: number, size: number): boolean => {
    if (at > 0 && bytes + size > mostBytesInBatch) end = Math.min(end, at);
    bytes += size;
    return at < end;
  };
  const readOn = async (): Promise<void> => {
    while (next < end) {
      const at = next++;
      const file = await readFile(paths[at]!, (size) => fits(at, size));
      if (file !== undefined) files[at] = file;
    }
  };
  await Promise.all(Array.from({ length: mostAtOnce }, readOn));
  return files.slice(0, end);
}

/** @param fits whether so many bytes are to be read now */
async function readFile(
  path: string,
  fits: (size: number) => boolean,
): Promise<PictureFile | undefined> {
  try {
    // A pipe would keep whoever opens it waiting for its other end.
    const descriptor = await open(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      // Of a file that is open, the system knows its size, and has nothing to wait for.
      const at = fs.fstatSync(descriptor);
      if (!at.isFile()) return { why: 'it is no file' };
      if (at.size > longestFile)
        return { why: `the file has more than ${longestFile / 2 ** 20} MiB` };
      return fits(at.size) ? { bytes: await readBytes(descriptor, at.size) } : undefined;
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    return { why: whyUnreadable(error as NodeJS.ErrnoException, path) };
  }
}

/** As many as there are by now. */
async function readBytes(descriptor: number, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let done = 0; done < size; ) {
    const { bytesRead } = await read(descriptor, bytes, done, size - done, null);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}

/** What cannot be read is left out; a disk that fails is no picture's fault. */
function whyUnreadable(error: NodeJS.ErrnoException, path: string): string {
  const { code = '' } = error;
  if (code === 'ENOENT')
    return path.includes('\ufffd')
      ? 'its name is not written in UTF-8'
      : 'it is not there, or a link that leads nowhere';
  if (code === 'ELOOP') return 'it is a link that leads nowhere';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  // A socket, or a device that is none.
  if (code === 'ENXIO') return 'it is no file';
  throw fileFailure(error, path);
}

/** Files from elsewhere, in batches. */
export async function* inBatches(files: AsyncIterable<PictureFile>): AsyncGenerator<PictureFile[]> {
  let batch: PictureFile[] = [];
  let bytes = 0;
  for await (const file of files) {
    batch.push(file);
    bytes += 'bytes' in file ? file.bytes.length : 0;
    if (batch.length < mostInBatch && bytes < mostBytesInBatch) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
