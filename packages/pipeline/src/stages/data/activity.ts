import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobRef, DamagedBlob, fingerprint } from '@atelier/artifacts';
import {
  type DatasetDescriptor,
  type DownloadProgress,
  downloadDataset,
  type PreparedFiles,
  prepareInChild,
  type SplitFiles,
} from '@atelier/data';
import { type SplitName, wholeSplitBytes } from '@atelier/data/split';
import { mostHeldBy } from '../../configuration/stage-settings.ts';
import { checkRoom } from '../../disk-space.ts';
import { partName } from '../../output-parts.ts';
import type { Store } from '../../run-store.ts';
import { scratchDirectory } from '../../stage-activity/scratch.ts';
import type { StageContext, StageWorker } from '../../stage-activity/stage-activity.ts';
import { throughCache } from '../../stage-cache/stage-cache.ts';
import { checkData, summaryOf } from './check-record.ts';
import { dataPlan as plan } from './plan.ts';

export const activity: StageWorker<typeof plan> =
  ({ store, cacheDirectory, proxies, disks }) =>
  (input, context) => {
    const { dataset, splitSeed, gateCount, settings, stored = [] } = input;
    const { signal, tell, heartbeatDetails, log } = context;
    return throughCache(store, {
      plan,
      input,
      context,
      check: (record) => checkData(store, input, record),
      async work() {
        const download = openDownloadProgress(Object.values(dataset.files), (doing) => {
          tell({ doing });
          heartbeatDetails(doing);
        });
        const directory = await scratchDirectory(join(cacheDirectory, 'preparing'));
        try {
          // What is followed changes from night to night: only the store keeps it.
          const downloads = stored.length > 0 ? directory : downloadsOf(dataset, cacheDirectory);
          const gone = await fetchStored(store, dataset, stored, directory, log);
          const files = await downloadDataset({
            descriptor: dataset,
            directory: downloads,
            mirrors: settings.mirrors ?? [],
            proxies,
            signal,
            onProgress: download,
          });
          for (const role of gone) await store.putBlobFile(files[role]!);
          const bytes = Object.values(dataset.files).reduce((sum, file) => sum + file.bytes, 0);
          // Its splits are written here, stored, and fetched to be trained on.
          if (bytes > wholeSplitBytes)
            await checkRoom(disks.folders, { store: bytes, scratch: bytes, of: 'its dataset' }, 0);
          tell({ doing: 'checking and splitting the images' });
          const mostHeld = mostHeldBy(settings);
          const job = { descriptor: dataset, files, splitSeed, gateCount, directory, mostHeld };
          const onOutput = (line: string) => log.info(`The reader of the dataset printed: ${line}`);
          const prepared = await prepareInChild(job, { signal, onOutput });
          tell({ doing: 'storing the splits' });
          const { manifest } = prepared;
          const json = Buffer.from(JSON.stringify(manifest));
          const outputs = {
            manifest: await store.putBlob(json, 'application/json'),
            ...(await storeSplits(store, prepared.files)),
          };
          return { outputs, summary: summaryOf(manifest) };
        } finally {
          await rm(directory, { recursive: true, force: true });
        }
      },
    });
  };

/** Stores every split, and after it its shards, where it has any. */
async function storeSplits(store: Store, files: PreparedFiles['files']) {
  const put = async (path: string): Promise<BlobRef> => {
    const ref = await store.putBlob(await readFile(path));
    // Nobody needs both, and large ones lie on one disk.
    await rm(path);
    return ref;
  };
  const parts: Record<string, BlobRef> = {};
  const putAll = async (name: SplitName, { path, shards = [] }: SplitFiles): Promise<BlobRef> => {
    for (const [i, shard] of shards.entries()) parts[partName(name, i)] = await put(shard);
    return put(path);
  };
  return {
    train: await putAll('train', files.train),
    validation: await putAll('validation', files.validation),
    ...(files.gate && { gate: await putAll('gate', files.gate) }),
    test: await putAll('test', files.test),
    ...parts,
  };
}

/**
 * Lays stored files down where a download would find them.
 * @returns the parts of those that are gone: a mirror may still have them
 */
async function fetchStored(
  store: Store,
  dataset: DatasetDescriptor,
  stored: readonly string[],
  directory: string,
  log: StageContext['log'],
): Promise<string[]> {
  const gone: string[] = [];
  for (const [role, file] of Object.entries(dataset.files)) {
    if (!stored.includes(role)) continue;
    const ref = { sha256: file.sha256, bytes: file.bytes };
    await store.getBlobToFile(ref, join(directory, file.name)).catch((error) => {
      if (!(error instanceof DamagedBlob)) throw error;
      gone.push(role);
      log.warn('A file of the dataset is gone from the store', { file: file.name, error });
    });
  }
  return gone;
}

/** By content, too: two datasets of one name do not overwrite each other's files. */
export const downloadsOf = ({ name, files }: DatasetDescriptor, cacheDirectory: string): string =>
  join(cacheDirectory, 'datasets', `${name}-${fingerprint(files).slice(0, 8)}`);

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** One line for all files of a download together: "downloading 12.3 of 30.9 MB (40 %)". */
function openDownloadProgress(
  files: readonly { name: string; bytes: number }[],
  show: (line: string) => void,
): (progress: DownloadProgress) => void {
  const received = new Map<string, number>();
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  return ({ file, receivedBytes }) => {
    received.set(file, receivedBytes);
    const sum = [...received.values()].reduce((a, b) => a + b, 0);
    const share = Math.floor((100 * sum) / total);
    show(`downloading ${megabytes(sum)} of ${megabytes(total)} MB (${share} %)`);
  };
}
