import { rename, rm } from 'node:fs/promises';
import type { Proxies } from '@atelier/addresses';
import { lookAtFile, MirrorFailure, noMirrorGave } from '@atelier/download';
import type { Origin } from './origin.ts';

/** Bytes of a file. A server may send for ever. */
const mostBytes = 2 ** 31;
/** A connection that brings next to nothing for so many milliseconds is given up. */
const stallMs = 20_000;

/** Tries of what may pass, and the pause before each. */
const pausesMs = [0, 1000, 4000];

const remedies = {
  wrong: { remedy: 'name the address of a smaller file' },
  missing: { remedy: 'correct the address' },
  unreachable: { remedy: 'check the network and the address' },
};

/**
 * The files of a folder of a web server, which nobody lists. One that did not change since it was
 * received is not received again, where the server tells versions apart.
 * @param folder an address that ends in `/`
 */
export const httpOrigin = (folder: URL, proxies: Proxies): Origin => ({
  address: folder.href,
  async fetch(name, { path, known, signal }) {
    const url = new URL(folder);
    url.pathname += name.split('/').map(encodeURIComponent).join('/');
    const draft = `${path}.draft-${crypto.randomUUID()}`;
    let failure: MirrorFailure | undefined;
    try {
      for (const pause of pausesMs) {
        await new Promise((resolve) => setTimeout(resolve, pause));
        signal.throwIfAborted();
        try {
          const { path: received, ...version } = await lookAtFile({
            ...{ url, earlier: known, path: draft, atMost: mostBytes, proxies, stallMs, signal },
          });
          if (received !== undefined) await rename(received, path);
          return version;
        } catch (error) {
          if (!(error instanceof MirrorFailure)) throw error;
          failure = error;
          if (error.permanent) break;
        }
      }
    } finally {
      await rm(draft, { force: true });
    }
    if (/\b(404|410)\b/.test(failure!.message)) return undefined;
    throw noMirrorGave({ path: name, name, remedies }, new Map([[url, failure!]]));
  },
});
