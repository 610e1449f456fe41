import { join } from 'node:path';
import { fingerprint, type Store } from '@atelier/artifacts';
import { checkDescriptor, downloadDataset, encodeSplit, prepareDataset } from '@atelier/data';
import { imageShape, storedImageShape } from '@atelier/data/image-shape';
import type { DataInput, DataSummary, Outcomes } from '../contract.ts';
import { openDownloadProgress } from './download-progress.ts';
import type { StageContext } from './stage-activity.ts';
import { throughCache } from './stage-cache.ts';

const version = 1;

/** Downloads and verifies a dataset's files, then stores its manifest and its three splits. */
export function dataStage(store: Store, cacheDirectory: string) {
  return (
    { run, fresh = false, dataset, splitSeed, settings: { mirrors = [] } }: DataInput,
    context: StageContext,
  ): Promise<Outcomes['data']> => {
    const { signal, tell, heartbeatDetails } = context;
    // It comes from Temporal, and its names become paths here.
    checkDescriptor(dataset, "the run's dataset");
    return throughCache<DataSummary>(store, {
      stage: 'data',
      version,
      // Mirrors say where bytes come from; their digests are among the inputs.
      inputs: { dataset: { ...dataset, mirrors: undefined }, splitSeed },
      run,
      fresh,
      context,
      async work() {
        const download = openDownloadProgress(Object.values(dataset.files), (doing) => {
          tell({ doing });
          heartbeatDetails(doing);
        });
        const files = await downloadDataset({
          descriptor: dataset,
          directory: join(cacheDirectory, 'datasets', folderOf(dataset)),
          mirrors,
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
        const { classes, normalisation } = manifest;
        const shape = storedImageShape(imageShape(manifest));
        const counts = {
          train: manifest.splits.train.count,
          validation: manifest.splits.validation.count,
          test: manifest.splits.test.count,
        };
        return { outputs, summary: { classes, ...shape, normalisation, counts } };
      },
    });
  };
}

/** By content, too: two datasets of one name do not overwrite each other's files. */
const folderOf = ({ name, files }: DataInput['dataset']): string =>
  `${name}-${fingerprint(files).slice(0, 8)}`;
