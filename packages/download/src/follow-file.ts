import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Proxies, proxyFor } from '@atelier/addresses';
import { isExplained } from '@atelier/errors';
import { fileFailure, sha256Of } from '@atelier/files';
import { connectionFailure, MirrorFailure, wrongBytes } from './mirror-failure.ts';
import { watchForStall } from './receive.ts';
import { openSource, type Source, Unchanged, type Validators } from './source.ts';

/** A version of a file, as it was received from an address. */
export interface ReceivedFile extends Validators {
  url: string;
  bytes: number;
  sha256: string;
}

export interface FileLook {
  url: URL;
  /** What was received earlier, perhaps from elsewhere, and is kept. */
  earlier: ReceivedFile | undefined;
  /** Where the bytes go if they have to be received. */
  path: string;
  /** No more than so many are received. */
  atMost: number;
  proxies: Proxies;
  /** A connection that brings next to nothing for so long is given up, in milliseconds. */
  stallMs: number;
  signal: AbortSignal;
  onBytes?(received: number): void;
}

/** What a file is now. */
export interface LookedAt extends ReceivedFile {
  /** Where its bytes lie; undefined where it is what was received earlier. */
  path?: string;
}

/**
 * Finds out what a file is at this time, at no cost where it is what it was: a server is asked by
 * ETag or by time, where it gave such as identify a version; a file of this machine is read.
 * @throws MirrorFailure; UserError, WorldError for the disk or a proxy; the signal's reason
 */
export async function lookAtFile(look: FileLook): Promise<LookedAt> {
  return look.url.protocol === 'file:' ? lookHere(look) : lookThere(look);
}

/** By its digest: neither a size nor a time tells that a file is the same. */
async function lookHere({
  url,
  earlier,
  atMost,
  signal,
}: Pick<FileLook, 'url' | 'earlier' | 'atMost' | 'signal'>): Promise<LookedAt> {
  const path = fileURLToPath(url);
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new Error(found.isDirectory() ? 'it is a folder' : 'it is no file');
    const { size: bytes } = found;
    if (bytes > atMost) throw wrongBytes(`at most ${atMost} bytes`, `${bytes} bytes`);
    const sha256 = await sha256Of(path, signal);
    const isKept = earlier?.sha256 === sha256;
    return { url: url.href, bytes, sha256, ...(isKept ? {} : { path }) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MirrorFailure) throw error;
    throw new MirrorFailure((error as Error).message, { permanent: true, cause: error });
  }
}

const lookThere = (look: FileLook): Promise<LookedAt> =>
  ask(
    look,
    async ({ body, validators }, received) => {
      const kept = await keep(body, look, received);
      return { url: look.url.href, ...kept, ...validators, path: look.path };
    },
    (earlier) => earlier,
  );

type FileGlance = Omit<FileLook, 'path' | 'atMost' | 'onBytes'>;

/** What can be told of a file without receiving it; `there`: only its bytes would tell more. */
export type Glance = 'same' | 'another' | 'there';

/**
 * Whether a file is there, and what it was, without receiving it.
 * @throws as `lookAtFile` does
 */
export async function glanceAtFile(glance: FileGlance): Promise<Glance> {
  const { url, earlier, signal } = glance;
  if (url.protocol === 'file:') {
    const { path } = await lookHere({ url, earlier, atMost: Number.POSITIVE_INFINITY, signal });
    if (earlier === undefined) return 'there';
    return path === undefined ? 'same' : 'another';
  }
  return ask<Glance>(
    glance,
    async ({ body }, received) => {
      // The first bytes say that there are any; the connection ends with the loop.
      for await (const chunk of body) {
        received(chunk.length);
        break;
      }
      const isKnown = earlier?.url === url.href && (earlier.etag ?? earlier.modified) !== undefined;
      return isKnown ? 'another' : 'there';
    },
    () => 'same',
  );
}

/** Asks a server for a file, unless it is what was received earlier from the same address. */
async function ask<T>(
  { url, earlier, proxies, stallMs, signal }: FileGlance,
  take: (source: Source, received: (bytes: number) => void) => Promise<T>,
  unchanged: (earlier: ReceivedFile) => T,
): Promise<T> {
  const isSameAddress = earlier !== undefined && earlier.url === url.href;
  const watch = watchForStall(stallMs);
  try {
    const source = await openSource({
      ...{ url, proxies, offset: 0, bytes: undefined },
      ...(isSameAddress && { unless: { etag: earlier.etag, modified: earlier.modified } }),
      signal: AbortSignal.any([signal, watch.signal]),
    });
    return await take(source, watch.received);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Unchanged) return unchanged(earlier!);
    if (error instanceof MirrorFailure || isExplained(error)) throw error;
    const cause = watch.stalled ? new Error(`less than 1 kB/s for ${stallMs / 1000} s`) : error;
    throw connectionFailure(cause, { proxy: proxyFor(url, proxies) });
  } finally {
    watch.stop();
  }
}

/** Writes a file as it comes, and says what it is. */
async function keep(
  body: AsyncIterable<Uint8Array>,
  { path, atMost, onBytes = () => {} }: FileLook,
  received: (bytes: number) => void,
): Promise<{ bytes: number; sha256: string }> {
  const onDisk = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error) => {
      throw fileFailure(error, path);
    });
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await onDisk(open(path, 'w'));
  try {
    for await (const chunk of body) {
      received(chunk.length);
      bytes += chunk.length;
      if (bytes > atMost) throw wrongBytes(`at most ${atMost} bytes`, 'more');
      hash.update(chunk);
      await onDisk(file.appendFile(chunk));
      onBytes(bytes);
    }
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}
