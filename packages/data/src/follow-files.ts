import { join } from 'node:path';
import type { Proxies } from '@atelier/addresses';
import { type LookedAt, lookAtFile, MirrorFailure, noMirrorGave } from '@atelier/download';
import { fileIn } from '@atelier/download/mirror';
import { followedFiles, type OpenDescriptor } from './descriptor.ts';
import { addressesOf, type DownloadProgress, remedies, usualPatience } from './download-dataset.ts';

/** What a followed file is at this time. */
export interface FollowedFile extends LookedAt {
  name: string;
}

export interface FollowOptions {
  descriptor: OpenDescriptor;
  /** What earlier looks found, by the file's name; only of files whose bytes are still kept. */
  earlier: Readonly<Record<string, Omit<FollowedFile, 'path'>>>;
  /** An empty folder for what has to be received. */
  directory: string;
  /** Addresses of folders tried before those of the descriptor. */
  mirrors: readonly string[];
  proxies: Proxies;
  signal: AbortSignal;
  onProgress?(progress: Omit<DownloadProgress, 'totalBytes'>): void;
}

/** Bytes. A server may send for ever; and what is kept goes into the store in one piece. */
const mostBytes = 2 ** 30;

/**
 * Finds out what the files are that a descriptor follows. All of them come from one mirror, the
 * first that gives every one: two mirrors may be at different versions.
 * @returns them by the part that each plays
 * @throws UserError where a mirror's address is wrong or mirrors have no such file; WorldError where
 *   they cannot be reached or the disk is full
 */
export async function followFiles(options: FollowOptions): Promise<Record<string, FollowedFile>> {
  const { descriptor, mirrors } = options;
  const failures = new Map<URL, MirrorFailure>();
  let missing = '';
  for (const mirror of addressesOf(descriptor, mirrors)) {
    const found = await lookAtMirror(mirror, options, (name, failure) => {
      missing ||= name;
      failures.set(fileIn(mirror, name), failure);
    });
    if (found !== undefined) return found;
  }
  throw noMirrorGave({ path: missing, remedies }, failures);
}

/** Undefined where this mirror does not give all of them. */
async function lookAtMirror(
  mirror: URL,
  { descriptor, earlier, directory, proxies, signal, onProgress }: FollowOptions,
  failed: (name: string, failure: MirrorFailure) => void,
): Promise<Record<string, FollowedFile> | undefined> {
  const found: Record<string, FollowedFile> = {};
  // One after the other: the first that fails spares the rest.
  for (const [role, name] of followedFiles(descriptor)) {
    try {
      const look = await lookAtFile({
        url: fileIn(mirror, name),
        earlier: Object.hasOwn(earlier, name) ? earlier[name] : undefined,
        path: join(directory, name),
        ...{ atMost: mostBytes, stallMs: usualPatience.stallMs, proxies, signal },
        onBytes: (receivedBytes) => onProgress?.({ file: name, receivedBytes }),
      });
      found[role] = { name, ...look };
    } catch (error) {
      if (!(error instanceof MirrorFailure)) throw error;
      failed(name, error);
      return undefined;
    }
  }
  return found;
}
