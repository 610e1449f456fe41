import { join } from 'node:path';
import type { Proxies } from '@atelier/addresses';
import {
  type Glance,
  glanceAtFile,
  type LookedAt,
  lookAtFile,
  MirrorFailure,
  noMirrorGave,
} from '@atelier/download';
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
export function followFiles(options: FollowOptions): Promise<Record<string, FollowedFile>> {
  const { directory, proxies, signal, onProgress } = options;
  return fromOneMirror(options, async (url, name, earlier) => {
    const look = await lookAtFile({
      ...{ url, earlier, path: join(directory, name) },
      ...{ atMost: mostBytes, stallMs: usualPatience.stallMs, proxies, signal },
      onBytes: (receivedBytes) => onProgress?.({ file: name, receivedBytes }),
    });
    return { name, ...look };
  });
}

/**
 * Whether a mirror has the files that a descriptor follows, and whether they are what they were,
 * without receiving them.
 * @returns what was seen of each, by the file's name
 * @throws as `followFiles` does
 */
export async function glanceAtFiles(
  options: Omit<FollowOptions, 'directory' | 'onProgress'>,
): Promise<Record<string, Glance>> {
  const { proxies, signal } = options;
  const { stallMs } = usualPatience;
  const found = await fromOneMirror(options, async (url, name, earlier) => ({
    name,
    glance: await glanceAtFile({ url, earlier, proxies, stallMs, signal }),
  }));
  return Object.fromEntries(Object.values(found).map(({ name, glance }) => [name, glance]));
}

type Earlier = FollowOptions['earlier'][string] | undefined;

/** What is seen of the files at the first mirror that gives every one, by the part that each plays. */
async function fromOneMirror<T>(
  { descriptor, earlier, mirrors }: Pick<FollowOptions, 'descriptor' | 'earlier' | 'mirrors'>,
  look: (url: URL, name: string, earlier: Earlier) => Promise<T>,
): Promise<Record<string, T>> {
  const failures = new Map<URL, MirrorFailure>();
  let missing = '';
  search: for (const mirror of addressesOf(descriptor, mirrors)) {
    const found: Record<string, T> = {};
    // One after the other: the first that fails spares the rest.
    for (const [role, name] of followedFiles(descriptor)) {
      const url = fileIn(mirror, name);
      try {
        const known = Object.hasOwn(earlier, name) ? earlier[name] : undefined;
        found[role] = await look(url, name, known);
      } catch (error) {
        if (!(error instanceof MirrorFailure)) throw error;
        missing ||= name;
        failures.set(url, error);
        continue search;
      }
    }
    return found;
  }
  throw noMirrorGave({ path: missing, remedies }, failures);
}
