import { fstatSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { WorldError } from '@atelier/errors';
import { holdFile } from '@atelier/files';

/** A file in which images lie one after another. */
export interface ImageFile {
  path: string;
  /** Of its bytes. */
  sha256: string;
  /** The file's stamp when its bytes had that digest; where it is unknown, it is read once more. */
  stamp?: string | undefined;
  /** Bytes before the first of them. */
  offset: number;
  count: number;
}

/** Reads images in any order from files that together hold a row of them. */
export interface ImageReader {
  /**
   * The images are those of the files' digests, whoever writes to them meanwhile.
   * @param positions of the images among those of all files
   * @param into where they go, one after another; shared memory, because threads fill it
   * @throws WorldError where a file ends too early, cannot be read or has other bytes by now
   */
  read(positions: Int32Array, into: Uint8Array<SharedArrayBuffer>): Promise<void>;
  close(): Promise<void>;
}

/** Reads under way at a time: what waits for a disk does not wait for the one before. */
const threadCount = 4;

interface Answer {
  number: number;
  /** A file that ended before an image did, and the bytes that it should have had at least. */
  short?: { file: number; expected: number };
  failed?: string;
}

/**
 * Opens the files and keeps them open: whoever removes them meanwhile disturbs nobody.
 * @param size bytes of an image
 * @throws UserError or WorldError where one cannot be opened
 */
export function openImageReader(files: readonly ImageFile[], size: number): ImageReader {
  const held = files.map(({ path, sha256, stamp }) => holdFile(path, sha256, stamp));
  const opened = files.map(({ offset, count }, i) => ({
    descriptor: held[i]!.descriptor,
    ...{ offset, count },
  }));
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  const script = new URL('./image-reader-thread.mjs', import.meta.url);
  const threads = Array.from({ length: threadCount }, () => {
    const thread = new Worker(script, { execArgv: [] });
    thread.on('message', (answer: Answer) => waiting.get(answer.number)?.(answer));
    // It is gone: whoever waits for any of them is told, instead of the process ending.
    thread.on('error', (error) => {
      for (const [number, resolve] of waiting) resolve({ number, failed: String(error) });
    });
    // Only while there is something to wait for.
    thread.unref();
    return thread;
  });

  async function ask(thread: Worker, positions: Int32Array, into: Uint8Array): Promise<void> {
    if (positions.length === 0) return;
    const number = asked++;
    thread.ref();
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(number, resolve);
      thread.postMessage({ number, size, files: opened, positions, into });
    });
    waiting.delete(number);
    thread.unref();
    if (answer.short !== undefined) {
      const { file, expected } = answer.short;
      throw cutShort(files[file]!.path, expected, fstatSync(opened[file]!.descriptor).size);
    }
    if (answer.failed !== undefined)
      throw new WorldError({
        what: 'Images of a split cannot be read.',
        where: files.map(({ path }) => path).join(', '),
        found: answer.failed,
      });
  }

  async function readOnce(
    positions: Int32Array,
    into: Uint8Array<SharedArrayBuffer>,
  ): Promise<void> {
    const each = Math.ceil(positions.length / threads.length);
    await Promise.all(
      threads.map((thread, i) => {
        const own = positions.slice(i * each, (i + 1) * each);
        return ask(thread, own, into.subarray(i * each * size, (i * each + own.length) * size));
      }),
    );
  }

  return {
    async read(positions, into) {
      // Afterwards: what was read is then known to be right.
      for (let isSure = false; !isSure; ) {
        await readOnce(positions, into);
        isSure = !held.map((file) => file.wasDisturbed()).includes(true);
      }
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.terminate()));
      for (const file of held) file.close();
    },
  };
}

const cutShort = (where: string, expected: number, found: number): WorldError =>
  new WorldError({
    what: 'A file of images was cut short while it was read.',
    where,
    expected: `at least ${expected} bytes`,
    found: `${found} bytes`,
    remedy: 'none: the next attempt looks at the file and fetches it again',
  });
