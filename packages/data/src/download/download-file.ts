import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileIn } from '@atelier/download/mirror';
import { UserError, WorldError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import type { DatasetFile } from '../formats/format.ts';
import { fileSha256 } from './file-digest.ts';
import { shown } from './mirror.ts';
import { MirrorFailure, wrongBytes } from './mirror-failure.ts';
import { PartFile } from './part-file.ts';
import type { Patience } from './patience.ts';
import { receive } from './receive.ts';

export interface FileDownload {
  file: DatasetFile;
  directory: string;
  mirrors: readonly URL[];
  patience: Patience;
  signal: AbortSignal;
  onBytes(received: number): void;
}

/** Downloads one file unless it is there already; see `downloadDataset`. */
export async function downloadFile(download: FileDownload): Promise<string> {
  const { file, directory, onBytes, signal } = download;
  const path = join(directory, file.name);
  if (await isThere(path, file, signal)) {
    onBytes(file.bytes);
    return path;
  }
  const part = await PartFile.claim(directory, file);
  try {
    onBytes(part.size);
    await fill(part, download);
    await part.finish(path);
    return path;
  } catch (error) {
    await part.release();
    throw error;
  }
}

async function isThere(path: string, file: DatasetFile, signal: AbortSignal): Promise<boolean> {
  try {
    const { size } = await stat(path);
    return size === file.bytes && (await fileSha256(path, signal)) === file.sha256;
  } catch (error) {
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw fileFailure(error, path);
  }
}

/** Goes round the mirrors, dropping those that cannot help, until the part is whole and right. */
async function fill(part: PartFile, download: FileDownload): Promise<void> {
  const { file, mirrors, patience, signal } = download;
  const failures = new Map<URL, MirrorFailure>();
  let most = part.size;
  for (let round = 0; round < patience.rounds; round++) {
    if (round > 0) await pause(patience.pauseMs * 2 ** (round - 1), undefined, { signal });
    for (const mirror of mirrors) {
      if (failures.get(mirror)?.permanent) continue;
      const failure = await tryMirror(mirror, part, download);
      if (failure === undefined) return;
      failures.set(mirror, failure);
    }
    if ([...failures.values()].every(({ permanent }) => permanent)) break;
    if (part.size > most) round = 0;
    most = Math.max(most, part.size);
  }
  throw exhausted(file, failures);
}

async function tryMirror(
  mirror: URL,
  part: PartFile,
  { file, patience, signal, onBytes }: FileDownload,
): Promise<MirrorFailure | undefined> {
  const url = fileIn(mirror, file.name);
  for (;;) {
    try {
      const start =
        part.size < file.bytes
          ? await receive(url, part, file.bytes, patience.stallMs, signal, onBytes)
          : file.bytes;
      const sha256 = await part.sha256();
      if (sha256 === file.sha256) return undefined;
      await part.truncate(0);
      // What came from elsewhere may be to blame: only a file that is all its own speaks for it.
      if (start === 0) return wrongBytes(`SHA-256 ${file.sha256}`, `SHA-256 ${sha256}`);
    } catch (error) {
      if (error instanceof MirrorFailure) return error;
      throw error;
    }
  }
}

function exhausted(file: DatasetFile, failures: Map<URL, MirrorFailure>): UserError | WorldError {
  const all = [...failures.values()];
  const where = [...failures]
    .map(([mirror, { message }]) => `${shown(fileIn(mirror, file.name))} (${message})`)
    .join('; ');
  const wrong = all.find((failure) => failure.wrong !== undefined)?.wrong;
  if (wrong !== undefined)
    return new UserError({
      what: `A mirror has another ${file.name} than the descriptor names, and no other could give it.`,
      where,
      ...wrong,
      remedy: 'name a mirror that has the original file, or correct the descriptor',
      mendedBy: ['mirrors', 'dataset'],
    });
  if (all.every(({ permanent }) => permanent))
    return new UserError({
      what: `No mirror has ${file.name}.`,
      where,
      remedy: 'name a mirror that has the file',
      mendedBy: ['mirrors'],
    });
  return new WorldError({
    what: `${file.name} could not be downloaded.`,
    where,
    remedy: 'check the network or name another mirror; what has arrived is kept',
    mendedBy: ['mirrors'],
  });
}
