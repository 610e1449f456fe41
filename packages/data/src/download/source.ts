import { openFile } from './file-source.ts';
import { openHttp } from './http-source.ts';

/** A file's bytes from `start` on. */
export interface Source {
  /** At most the offset asked for: a server may not know ranges and begin again. */
  start: number;
  body: AsyncIterable<Uint8Array>;
}

/**
 * Opens a file on a mirror.
 * @param offset the first byte wanted
 * @param bytes the size that the whole file must have
 * @throws MirrorFailure
 */
export function openSource(
  url: URL,
  offset: number,
  bytes: number,
  signal: AbortSignal,
): Promise<Source> {
  return url.protocol === 'file:'
    ? openFile(url, offset, bytes, signal)
    : openHttp(url, offset, bytes, signal);
}
