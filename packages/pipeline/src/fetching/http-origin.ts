import { setTimeout as pause } from 'node:timers/promises';
import type { Proxies } from '@atelier/addresses';
import { lookAtFile, MirrorFailure, noMirrorGave } from '@atelier/download';
import { mostBytes, type Origin } from './origin.ts';

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
    let failure: MirrorFailure | undefined;
    for (const milliseconds of pausesMs) {
      await pause(milliseconds, undefined, { signal });
      try {
        const look = { url, earlier: known, path, atMost: mostBytes, proxies, stallMs, signal };
        const { path: received, ...version } = await lookAtFile(look);
        return received === undefined ? known : version;
      } catch (error) {
        if (!(error instanceof MirrorFailure)) throw error;
        failure = error;
        if (error.permanent) break;
      }
    }
    if (failure!.absent) return undefined;
    throw noMirrorGave({ path: name, name, remedies }, new Map([[url, failure!]]));
  },
});
