import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { WorldError } from '@atelier/errors';
import { fileFailure } from './file-failure.ts';

/**
 * What an open file is at a moment, by the kernel: whoever writes to it changes that, and cannot set
 * it back. So does whoever only renames, links or touches it. Times are those of a clock that ticks
 * every few milliseconds: a second change within one tick leaves no trace.
 */
function stampOf(descriptor: number): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = fstatSync(descriptor, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** A file's SHA-256 in hexadecimal, and its stamp from before it was read. */
export async function hashedFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ sha256: string; stamp: string }> {
  const file = await open(path);
  try {
    const stamp = stampOf(file.fd);
    const hash = createHash('sha256');
    const bytes = file.createReadStream({ autoClose: false, highWaterMark: 1 << 20 });
    await pipeline(bytes, hash, signal ? { signal } : {});
    return { sha256: hash.digest('hex'), stamp };
  } finally {
    await file.close();
  }
}

/** A file that is open: whoever removes it, or puts another in its place, disturbs nobody. */
export interface WatchedFile {
  readonly path: string;
  readonly descriptor: number;
  /**
   * Looks whether anybody was at the file since it was last looked at. That takes microseconds, and
   * where somebody was as long as reading all of it.
   * @returns whether what was read meanwhile may have been other bytes; by now they are the right ones
   * @throws WorldError where they are others
   */
  wasDisturbed(): boolean;
}

/** One that is kept open until it is closed. */
export interface HeldFile extends WatchedFile {
  close(): void;
}

/**
 * @param sha256 of the file's bytes
 * @param stamp of the file when its bytes had that digest; where it is unknown, they are read to see
 * @throws UserError or WorldError where it cannot be opened
 */
export function holdFile(path: string, sha256: string, stamp?: string): HeldFile {
  const descriptor = opened(path);
  let known = stamp;
  return {
    ...{ path, descriptor },
    wasDisturbed() {
      for (let isSame = true; ; isSame = false) {
        const now = stampOf(descriptor);
        if (now === known) return !isSame;
        const found = digestOf(descriptor, path);
        if (found !== sha256) throw changedMeanwhile(path, sha256, found);
        // Somebody may have come while it was read.
        known = now;
      }
    },
    close: () => closeSync(descriptor),
  };
}

/**
 * A file's bytes.
 * @param stamp of the file when its bytes were checked
 * @throws WorldError where somebody was at the file since
 */
export async function readUnchanged(path: string, stamp: string | undefined): Promise<Buffer> {
  if (stamp === undefined) return readFile(path);
  const file = await open(path).catch((error: unknown) => {
    throw fileFailure(error, path);
  });
  try {
    const bytes = await file.readFile();
    if (stampOf(file.fd) !== stamp) throw changedMeanwhile(path);
    return bytes;
  } finally {
    await file.close();
  }
}

const changedMeanwhile = (path: string, sha256?: string, found?: string): WorldError =>
  new WorldError({
    what: 'A file was written to after its bytes were checked, while they were in use.',
    where: path,
    ...(sha256 !== undefined && { expected: `SHA-256 ${sha256}` }),
    ...(found !== undefined && { found: `SHA-256 ${found}` }),
    remedy:
      'let no other program write to it; the next attempt checks the file again, and fetches it where it is another',
  });

function opened(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw fileFailure(error, path);
  }
}

function digestOf(descriptor: number, path: string): string {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(1 << 20);
  try {
    for (let at = 0; ; ) {
      const bytes = readSync(descriptor, buffer, 0, buffer.length, at);
      if (bytes === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytes));
      at += bytes;
    }
  } catch (error) {
    throw fileFailure(error, path);
  }
}
