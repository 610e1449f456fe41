// A thread that reads images from files: one takes microseconds, for which training should not wait.
// Plain JavaScript, so that it starts at once.
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

/**
 * @typedef {object} Task
 * @property {number} number
 * @property {number} size bytes of an image
 * @property {{ descriptor: number, offset: number, count: number }[]} files of consecutive images
 * @property {Int32Array} positions of the images among those of all files
 * @property {Uint8Array} into where they go, one after another
 */

parentPort?.on('message', (/** @type {Task} */ task) => {
  const { number } = task;
  try {
    parentPort?.postMessage({ number, short: readAll(task) });
  } catch (error) {
    parentPort?.postMessage({ number, failed: String(error) });
  }
});

/**
 * @param {Task} task
 * @returns the file that ended too early, and how long it should have been at least
 */
function readAll({ size, files, positions, into }) {
  const n = positions.length;
  // In the order in which they lie, which a disk and the kernel's reading ahead prefer. Numbers that
  // hold both are sorted without a call for each comparison.
  const order = Float64Array.from(positions, (position, i) => position * n + i).sort();
  let next = 0;
  let first = 0;
  let end = 0;
  for (const both of order) {
    const i = both % n;
    const position = (both - i) / n;
    while (position >= end) {
      first = end;
      end += /** @type {Task['files'][number]} */ (files[next++]).count;
    }
    const file = next - 1;
    const { descriptor, offset } = /** @type {Task['files'][number]} */ (files[file]);
    const begin = offset + (position - first) * size;
    for (let done = 0; done < size; ) {
      const bytes = readSync(descriptor, into, i * size + done, size - done, begin + done);
      if (bytes === 0) return { file, expected: begin + size };
      done += bytes;
    }
  }
  return undefined;
}
