import { copyFile, mkdir, open, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A log is cut at this size; one older part is kept beside it as `.1`. */
const MAXIMUM_BYTES = 20 * 2 ** 20;

/**
 * Cuts a log that has grown too large. It is copied and truncated in place, because the process
 * that writes it keeps its handle (and appends, so it goes on at the new end).
 */
export async function rotateLog(path: string, maximumBytes = MAXIMUM_BYTES): Promise<void> {
  const size = await stat(path).then(
    (s) => s.size,
    () => 0,
  );
  if (size <= maximumBytes) return;
  await copyFile(path, `${path}.1`);
  await truncate(path, 0);
}

/** Opened for appending, so that several processes may write it. */
export async function openLog(path: string) {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return open(path, 'a', 0o600);
}

/** The last `count` lines of a log, oldest first; none when there is no such file. */
export async function lastLines(path: string, count: number): Promise<string[]> {
  const WINDOW = 256 * 1024;
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - WINDOW);
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(size - start),
      0,
      size - start,
      start,
    );
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-count);
  } finally {
    await file.close();
  }
}
