import { parseMirror } from '@atelier/download/mirror';
import { UserError } from '@atelier/errors';
import { type DatasetDescriptor, filesOf } from '../descriptor.ts';
import type { FilePaths } from '../official-sets.ts';
import { downloadFile } from './download-file.ts';
import { patience as usualPatience } from './patience.ts';

/** How much of one file is there; after a restart it may be less than before. */
export interface DownloadProgress {
  file: string;
  receivedBytes: number;
  totalBytes: number;
}

export interface DownloadOptions {
  descriptor: DatasetDescriptor;
  /** The folder for the files; it is made where it does not exist. */
  directory: string;
  /** Addresses of folders tried before those of the descriptor: http://, https:// or file://. */
  mirrors: readonly string[];
  signal?: AbortSignal;
  onProgress?(progress: DownloadProgress): void;
}

/**
 * Downloads a dataset's files in parallel. A file appears under its name only when its size and
 * SHA-256 are right; one that is there already and right is kept. What an interrupted download
 * received is continued, from another mirror if need be. Mirrors are tried in order, round after
 * round with growing pauses, as long as one of them may still help.
 * @returns the files' paths
 * @throws UserError where a mirror's address is wrong, mirrors have other bytes or no such file, or
 *   the folder cannot be written
 * @throws WorldError where mirrors cannot be reached or the disk is full; what has arrived is kept
 */
export async function downloadDataset(
  { descriptor, directory, mirrors, signal, onProgress }: DownloadOptions,
  patience = usualPatience,
): Promise<FilePaths> {
  const addresses = [...new Set([...mirrors, ...descriptor.mirrors])].map(parseMirror);
  if (addresses.length === 0)
    throw new UserError({
      what: 'The dataset has no mirror to be downloaded from.',
      where: 'field mirrors of the dataset descriptor',
      remedy: 'name a mirror',
      mendedBy: ['mirrors', 'dataset'],
    });
  signal?.throwIfAborted();

  const failed = new AbortController();
  const either = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  const downloads = filesOf(descriptor).map(async ([role, file]) => {
    const onBytes = (receivedBytes: number): void =>
      onProgress?.({ file: file.name, receivedBytes, totalBytes: file.bytes });
    try {
      const path = await downloadFile({
        file,
        directory,
        mirrors: addresses,
        patience,
        signal: either,
        onBytes,
      });
      return [role, path] as const;
    } catch (error) {
      // The first failure stops the other files; its reason is the one to be told.
      failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(downloads);
  signal?.throwIfAborted();
  failed.signal.throwIfAborted();
  return Object.fromEntries(await Promise.all(downloads));
}
