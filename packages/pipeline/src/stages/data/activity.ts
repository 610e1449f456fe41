import { join } from 'node:path';
import { fingerprint } from '@atelier/artifacts';
import {
  type DatasetDescriptor,
  type DownloadProgress,
  downloadDataset,
  encodeSplit,
  prepareDataset,
} from '@atelier/data';
import type { StageWorker } from '../../stage-activity/stage-activity.ts';
import { throughCache } from '../../stage-cache/stage-cache.ts';
import { checkData, summaryOf } from './check-record.ts';
import { dataPlan as plan } from './plan.ts';

export const activity: StageWorker<typeof plan> =
  ({ store, cacheDirectory, proxies }) =>
  (input, context) => {
    const { dataset, splitSeed, settings } = input;
    const { signal, tell, heartbeatDetails } = context;
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
        const files = await downloadDataset({
          descriptor: dataset,
          directory: downloadsOf(dataset, cacheDirectory),
          mirrors: settings.mirrors ?? [],
          proxies,
          signal,
          onProgress: download,
        });
        tell({ doing: 'checking and splitting the images' });
        const { manifest, splits } = await prepareDataset({
          descriptor: dataset,
          files,
          splitSeed,
          signal,
        });
        tell({ doing: 'storing the splits' });
        const json = Buffer.from(JSON.stringify(manifest));
        const outputs = {
          manifest: await store.putBlob(json, 'application/json'),
          train: await store.putBlob(encodeSplit(splits.train)),
          validation: await store.putBlob(encodeSplit(splits.validation)),
          test: await store.putBlob(encodeSplit(splits.test)),
        };
        return { outputs, summary: summaryOf(manifest) };
      },
    });
  };

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
