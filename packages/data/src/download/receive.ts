import { UserError, WorldError } from '@atelier/errors';
import { MirrorFailure, wrongBytes } from './mirror-failure.ts';
import type { PartFile } from './part-file.ts';
import { openSource } from './source.ts';
import { watchForStall } from './stall-watch.ts';

/**
 * Receives what a part lacks from one mirror.
 * @param url of the file on the mirror
 * @param bytes the size of the whole file
 * @param onBytes called with the size of the part whenever it has grown
 * @returns the offset that the mirror began at
 * @throws MirrorFailure; UserError, WorldError where the part cannot be written
 */
export async function receive(
  url: URL,
  part: PartFile,
  bytes: number,
  stallMs: number,
  signal: AbortSignal,
  onBytes: (received: number) => void,
): Promise<number> {
  const watch = watchForStall(stallMs);
  const sizeBefore = part.size;
  try {
    const source = await openSource(url, part.size, bytes, AbortSignal.any([signal, watch.signal]));
    await part.truncate(source.start);
    for await (const chunk of source.body) {
      watch.received(chunk.length);
      if (part.size + chunk.length > bytes) {
        await part.truncate(0);
        throw wrongBytes(`${bytes} bytes`, `more than ${bytes} bytes`);
      }
      await part.append(chunk);
      onBytes(part.size);
    }
    if (part.size < bytes)
      throw new MirrorFailure(`the connection ended after ${part.size} of ${bytes} bytes`);
    return source.start;
  } catch (error) {
    signal.throwIfAborted();
    if (watch.stalled) throw new MirrorFailure(`less than 1 kB/s for ${stallMs / 1000} s`);
    if (error instanceof MirrorFailure || error instanceof UserError || error instanceof WorldError)
      throw error;
    const progress = part.size > sizeBefore ? ` after ${part.size} of ${bytes} bytes` : '';
    throw new MirrorFailure(explain(error) + progress, { cause: error });
  } finally {
    watch.stop();
  }
}

/** A failed connection to several addresses of one host has no message of its own. */
function explain(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(explain).join(', ');
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}
