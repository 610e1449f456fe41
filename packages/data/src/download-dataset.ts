import type { Proxies } from '@atelier/addresses';
import { downloadFile, type Patience } from '@atelier/download';
import { fileIn, parseMirror } from '@atelier/download/mirror';
import { UserError } from '@atelier/errors';
import { type DatasetDescriptor, filesOf } from './descriptor.ts';
import { type FilePaths, pathsIn } from './official-sets.ts';

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
  /** Addresses of folders tried before those of the descriptor. */
  mirrors: readonly string[];
  /** The proxies of this network; see proxyFor. */
  proxies: Proxies;
  signal?: AbortSignal;
  onProgress?(progress: DownloadProgress): void;
}

export const usualPatience: Patience = { stallMs: 20_000, rounds: 4, pauseMs: 1_000 };

/** What may mend that mirrors have another file, none, or do not answer. */
export const remedies = {
  wrong: {
    remedy: 'name a mirror that has the original file, or correct the descriptor',
    mendedBy: ['mirrors', 'dataset'],
  },
  missing: { remedy: 'name a mirror that has the file', mendedBy: ['mirrors'] },
  unreachable: {
    remedy: 'check the network or name another mirror; what has arrived is kept',
    mendedBy: ['mirrors'],
  },
};

/** The mirrors of a dataset, those of the run first, each once. @throws UserError for a wrong one */
export const mirrorsOf = (
  descriptor: Pick<DatasetDescriptor, 'mirrors'>,
  mirrors: readonly string[],
): URL[] => [...new Set([...mirrors, ...descriptor.mirrors])].map(parseMirror);

/** The same, of which there has to be one. */
export function addressesOf(
  descriptor: Pick<DatasetDescriptor, 'mirrors'>,
  mirrors: readonly string[],
): URL[] {
  const addresses = mirrorsOf(descriptor, mirrors);
  if (addresses.length > 0) return addresses;
  throw new UserError({
    what: 'The dataset has no mirror to be downloaded from.',
    where: 'field mirrors of the dataset descriptor',
    remedy: 'name a mirror',
    mendedBy: ['mirrors', 'dataset'],
  });
}

/**
 * Downloads a dataset's files in parallel, each as `downloadFile` does.
 * @returns the files' paths
 * @throws UserError where a mirror's address is wrong, mirrors have other bytes or no such file, or
 *   the folder cannot be written
 * @throws WorldError where mirrors cannot be reached or the disk is full; what has arrived is kept
 */
export async function downloadDataset(
  { descriptor, directory, mirrors, proxies, signal, onProgress }: DownloadOptions,
  patience = usualPatience,
): Promise<FilePaths> {
  const addresses = addressesOf(descriptor, mirrors);
  signal?.throwIfAborted();

  const paths = pathsIn(directory, descriptor);
  const failed = new AbortController();
  const either = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  const downloads = filesOf(descriptor).map(async ([role, { name, bytes, sha256 }]) => {
    try {
      await downloadFile({
        path: paths[role] as string,
        ...{ bytes, sha256, proxies, patience, remedies },
        mirrors: addresses.map((mirror) => fileIn(mirror, name)),
        signal: either,
        onBytes: (receivedBytes) => onProgress?.({ file: name, receivedBytes, totalBytes: bytes }),
      });
    } catch (error) {
      // The first failure stops the other files; its reason is the one to be told.
      failed.abort(error);
    }
  });
  await Promise.all(downloads);
  signal?.throwIfAborted();
  failed.signal.throwIfAborted();
  return paths;
}
