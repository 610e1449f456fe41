import * as fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { fileFailure } from '@atelier/files';

/** A picture's file, or why it is left out. */
export type PictureFile = { bytes: Buffer } | { why: string };

/** Bytes of a picture's file, which is held in memory. */
export const longestFile = 2 ** 27;

/** As many as are decoded together well, or as few as memory holds, where files are large. */
const mostInBatch = 64;
const mostBytesInBatch = 2 ** 24;

interface Calls {
  /** Files that are read at a time. */
  atOnce: number;
  open(path: string, flags: number): number | Promise<number>;
  /** @returns how many bytes of the next ones there were */
  read(descriptor: number, into: Uint8Array): number | Promise<number>;
}

/** What the system has in memory is had in less time than a thread takes to be woken for it. */
const here: Calls = {
  atOnce: 1,
  open: fs.openSync,
  read: (descriptor, into) => fs.readSync(descriptor, into),
};

// Those of node:fs/promises take twice the processor's time.
const [openLater, readLater] = [promisify(fs.open), promisify(fs.read)];
/** What waits for a disk does not wait for the file before, nor this thread for it. */
const byThreads: Calls = {
  atOnce: 16,
  open: openLater,
  read: async (descriptor, into) =>
    (await readLater(descriptor, into, 0, into.length, null)).bytesRead,
};

/** Milliseconds a file from which on it is a disk that is read. */
const usualSlowness = 0.1;
/** Batches that threads read of it before it is tried again whether the system has them in memory. */
const longestPause = 64;

/**
 * The files at some paths, in their order, in batches.
 * @throws WorldError or UserError where a disk fails, which is no picture's fault
 */
export async function* filesAt(
  paths: readonly string[],
  slowness = usualSlowness,
): AsyncGenerator<PictureFile[]> {
  let [left, pause] = [0, 1];
  for (let begin = 0; begin < paths.length; ) {
    const some = paths.slice(begin, begin + mostInBatch);
    const isTried = left === 0;
    // Of files read at once, and no pictures, nothing waits: a cancellation would not be heard.
    if (isTried) await setImmediate();
    const began = performance.now();
    // This thread waits for one slow file, not for as many as a batch has.
    const files = isTried
      ? await readSome(some, here, began + slowness * mostInBatch)
      : await readSome(some, byThreads);
    if (!isTried) left -= 1;
    else if (performance.now() - began > slowness * files.length)
      left = pause = Math.min(2 * pause, longestPause);
    else pause = 1;
    yield files;
    begin += files.length;
  }
}

/**
 * The first of them, and those after it that are not too much together.
 * @param until when no more are begun, by `performance.now`
 */
async function readSome(
  paths: readonly string[],
  calls: Calls,
  until = Number.POSITIVE_INFINITY,
): Promise<PictureFile[]> {
  const files: PictureFile[] = [];
  let [next, end, bytes] = [0, paths.length, 0];
  const fits = (at: number, size: number): boolean => {
    if (at > 0 && bytes + size > mostBytesInBatch) end = Math.min(end, at);
    bytes += size;
    return at < end;
  };
  const readOn = async (): Promise<void> => {
    while (next < end) {
      if (next > 0 && performance.now() > until) {
        end = next;
        return;
      }
      const at = next++;
      const file = await readFile(paths[at]!, calls, (size) => fits(at, size));
      if (file !== undefined) files[at] = file;
    }
  };
  await Promise.all(Array.from({ length: calls.atOnce }, readOn));
  return files.slice(0, end);
}

/** @param fits whether so many bytes are to be read now */
async function readFile(
  path: string,
  { open, read }: Calls,
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
      return fits(at.size) ? { bytes: await readBytes(descriptor, at.size, read) } : undefined;
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    return { why: whyUnreadable(error as NodeJS.ErrnoException, path) };
  }
}

/** As many as there are by now. */
async function readBytes(descriptor: number, size: number, read: Calls['read']): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let done = 0; done < size; ) {
    const more = await read(descriptor, bytes.subarray(done));
    if (more === 0) return bytes.subarray(0, done);
    done += more;
  }
  return bytes;
}

/** What cannot be read is left out; a disk that fails is no picture's fault. */
function whyUnreadable(error: NodeJS.ErrnoException, path: string): string {
  const { code = '' } = error;
  // A part of its path may be a file, and a name in a table or of a link be too long for any.
  if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(code))
    return path.includes('\ufffd')
      ? 'its name is not written in UTF-8'
      : 'it is not there, or a link that leads nowhere';
  if (code === 'ELOOP') return 'it is a link that leads nowhere';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  // It has a lease on it, as file servers take.
  if (code === 'EAGAIN') return 'another program holds it';
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
