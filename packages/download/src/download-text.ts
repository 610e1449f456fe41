import type { Proxies } from '@atelier/addresses';
import { connectionFailure, MirrorFailure } from './mirror-failure.ts';
import { watchForStall } from './receive.ts';
import { openSource } from './source.ts';

/** Texts are lists of checksums of a few kilobytes. */
const mostBytes = 64 * 1024;

/**
 * Downloads a short text, once.
 * @throws MirrorFailure where the address does not answer with a whole text of at most 64 KiB
 */
export async function downloadText(url: URL, proxies: Proxies, stallMs: number): Promise<string> {
  const watch = watchForStall(stallMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const request = { url, offset: 0, bytes: undefined, proxies, signal: watch.signal };
    for await (const chunk of (await openSource(request)).body) {
      size += chunk.length;
      if (size > mostBytes)
        throw new MirrorFailure(`it is longer than ${mostBytes / 1024} KiB`, { permanent: true });
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (error instanceof MirrorFailure) throw error;
    throw connectionFailure(watch.stalled ? new Error('nothing arrived for a while') : error);
  } finally {
    watch.stop();
  }
}
