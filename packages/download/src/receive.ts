import { proxyFor } from '@atelier/addresses';
import { isExplained } from '@atelier/errors';
import { connectionFailure, MirrorFailure, wrongBytes } from './mirror-failure.ts';
import type { PartFile } from './part-file.ts';
import { openSource, type Request, type Source } from './source.ts';

/**
 * Receives what a part lacks from one mirror.
 * @param stallMs a connection that brings next to nothing for so long is given up
 * @param onBytes called with the size of the part whenever it has grown
 * @returns the offset that the mirror began at
 * @throws MirrorFailure; UserError, WorldError where the part cannot be written
 */
export async function receive(
  { signal, bytes, ...request }: Omit<Request, 'offset'>,
  part: PartFile,
  stallMs: number,
  onBytes: (received: number) => void,
): Promise<number> {
  const watch = watchForStall(stallMs);
  const sizeBefore = part.size;
  const limits = { bytes, signal: AbortSignal.any([signal, watch.signal]) };
  let source: Source | undefined;
  try {
    source = await openSource({ ...request, ...limits, offset: part.size });
    await part.truncate(source.start);
    for await (const chunk of source.body) {
      watch.received(chunk.length);
      if (bytes !== undefined && part.size + chunk.length > bytes) {
        await part.truncate(0);
        throw wrongBytes(`${bytes} bytes`, `more than ${bytes} bytes`);
      }
      await part.append(chunk);
      onBytes(part.size);
    }
    if (bytes !== undefined && part.size < bytes)
      throw new MirrorFailure(`the connection ended after ${part.size} of ${bytes} bytes`);
    return source.start;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MirrorFailure || isExplained(error)) throw error;
    const cause = watch.stalled ? new Error(`less than 1 kB/s for ${stallMs / 1000} s`) : error;
    const size = bytes === undefined ? `${part.size} bytes` : `${part.size} of ${bytes} bytes`;
    const progress = part.size > sizeBefore ? ` after ${size}` : '';
    const proxy = source ? source.proxy : proxyFor(request.url, request.proxies);
    throw connectionFailure(cause, { proxy, progress });
  } finally {
    watch.stop();
  }
}

/** Aborts its signal when less than a kilobyte a second has come for a while. */
interface StallWatch {
  signal: AbortSignal;
  stalled: boolean;
  received(bytes: number): void;
  stop(): void;
}

export function watchForStall(milliseconds: number): StallWatch {
  const controller = new AbortController();
  // A byte a millisecond. Whoever drips would hold a download for days, other mirrors unasked.
  const enough = milliseconds;
  let since = 0;
  const timer = setTimeout(() => {
    watch.stalled = true;
    controller.abort();
  }, milliseconds);
  const watch: StallWatch = {
    signal: controller.signal,
    stalled: false,
    received(bytes) {
      since += bytes;
      if (since < enough) return;
      since = 0;
      timer.refresh();
    },
    stop: () => clearTimeout(timer),
  };
  return watch;
}
