import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Proxies } from '@atelier/addresses';
import { type Failure, UserError, WorldError } from '@atelier/errors';
import { fileFailure, sha256Of } from '@atelier/files';
import { MirrorFailure, wrongBytes } from './mirror-failure.ts';
import { PartFile } from './part-file.ts';
import { receive } from './receive.ts';

/** How long a download waits and how often it tries again. */
export interface Patience {
  /** A connection that brings next to nothing for so long is given up, in milliseconds. */
  stallMs: number;
  /** Rounds through the mirrors, in a row, that bring nothing new before giving up. */
  rounds: number;
  /** The pause before the second round, in milliseconds; it doubles with every further one. */
  pauseMs: number;
}

export interface FileDownload {
  /** Where the file shall be. */
  path: string;
  /** What it is called in messages and while it is unfinished; by default the last part of `path`. */
  name?: string;
  sha256: string;
  /** Its size, where it is known. */
  bytes?: number;
  /** Addresses of the file, tried in this order. */
  mirrors: readonly URL[];
  /** The folder of what has arrived of unfinished files, on the disk of `path`; its own by default. */
  parts?: string;
  proxies: Proxies;
  patience: Patience;
  /** What a person does where mirrors have another file, have none, or cannot be reached. */
  remedies: Record<'wrong' | 'missing' | 'unreachable', Pick<Failure, 'remedy' | 'mendedBy'>>;
  signal?: AbortSignal;
  /** Told how much has arrived. */
  onBytes?(received: number): void;
}

/**
 * Downloads one file unless it is there already. It appears under its name only when its SHA-256 is
 * right. What an interrupted download received is continued, from another mirror if need be.
 * Mirrors are tried in order, round after round with growing pauses, as long as one may still help.
 * @throws UserError where mirrors have another file or none, or do not prove who they are, and
 *   where the disk refuses; its cause is a MirrorFailure where no mirror gave the file
 * @throws WorldError where mirrors cannot be reached or the disk is full; what has arrived is kept
 */
export async function downloadFile(download: FileDownload): Promise<void> {
  const { path, name = basename(path), parts = dirname(path), sha256, bytes, onBytes } = download;
  if (await isThere(download)) {
    if (bytes !== undefined) onBytes?.(bytes);
    return;
  }
  const part = await PartFile.claim(parts, { name, sha256 });
  try {
    onBytes?.(part.size);
    await fill(part, download);
    await part.finish(path);
  } catch (error) {
    await part.release();
    throw error;
  }
}

async function isThere({ path, sha256, bytes, signal }: FileDownload): Promise<boolean> {
  try {
    const { size } = await stat(path);
    if (bytes !== undefined && size !== bytes) return false;
    return (await sha256Of(path, signal)) === sha256;
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw fileFailure(error, path);
  }
}

/** Goes round the mirrors, dropping those that cannot help, until the part is whole and right. */
async function fill(part: PartFile, download: FileDownload): Promise<void> {
  const { mirrors, patience, signal } = download;
  const failures = new Map<URL, MirrorFailure>();
  let most = part.size;
  for (let round = 0; round < patience.rounds; round++) {
    if (round > 0)
      await pause(patience.pauseMs * 2 ** (round - 1), undefined, signal ? { signal } : {});
    for (const mirror of mirrors) {
      if (failures.get(mirror)?.permanent) continue;
      const begin = performance.now();
      const failure = await tryMirror(mirror, part, download);
      if (failure === undefined) return;
      failures.set(mirror, failure);
      // A kilobyte a second, as of one connection: whoever gives a byte to each would be asked for years.
      const enough = Math.max(1000, performance.now() - begin);
      if (part.size - most >= enough) round = 0;
      most = Math.max(most, part.size);
    }
    if ([...failures.values()].every(({ permanent }) => permanent)) break;
  }
  throw noMirrorGave(download, failures);
}

async function tryMirror(
  url: URL,
  part: PartFile,
  { sha256, bytes, proxies, patience, signal = never, onBytes = () => {} }: FileDownload,
): Promise<MirrorFailure | undefined> {
  for (;;) {
    try {
      const start =
        bytes !== undefined && part.size >= bytes
          ? bytes
          : await receive({ url, bytes, proxies, signal }, part, patience.stallMs, onBytes);
      const found = await part.sha256();
      if (found === sha256) return undefined;
      await part.truncate(0);
      // What came from elsewhere may be to blame: only a file that is all its own speaks for it.
      if (start === 0) return wrongBytes(`SHA-256 ${sha256}`, `SHA-256 ${found}`);
    } catch (error) {
      if (error instanceof MirrorFailure) return error;
      throw error;
    }
  }
}

const never = new AbortController().signal;

/** Why no mirror gave a file, by each mirror's reason. */
export function noMirrorGave(
  { path, name = basename(path), remedies }: Pick<FileDownload, 'path' | 'name' | 'remedies'>,
  failures: ReadonlyMap<URL, MirrorFailure>,
): UserError | WorldError {
  const all = [...failures.values()];
  const where = [...failures].map(([{ href }, { message }]) => `${href} (${message})`).join('; ');
  const wrong = all.find((failure) => failure.wrong !== undefined);
  if (wrong !== undefined)
    return new UserError(
      {
        what: `A mirror has another ${name} than the one wanted, and no other could give it.`,
        where,
        ...wrong.wrong,
        ...remedies.wrong,
      },
      { cause: wrong },
    );
  // What can be mended is told before what may pass by itself.
  const told = all.find(({ remedy }) => remedy !== undefined) ?? all[0];
  const remedy = told?.remedy;
  const options = { cause: told };
  if (all.every(({ permanent }) => permanent))
    return remedy === undefined
      ? new UserError({ what: `No mirror has ${name}.`, where, ...remedies.missing }, options)
      : new UserError(
          { what: `No mirror could give ${name}.`, where, ...remedies.missing, remedy },
          options,
        );
  return new WorldError(
    {
      what: `${name} could not be downloaded.`,
      where,
      ...remedies.unreachable,
      ...(remedy !== undefined && { remedy: `${remedy}; ${remedies.unreachable.remedy}` }),
    },
    options,
  );
}
