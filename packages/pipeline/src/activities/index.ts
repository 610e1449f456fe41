import { join } from 'node:path';
import type { Activities } from '../contract.ts';
import type { Store } from '../store.ts';
import { openBlobFiles } from './blob-files.ts';
import { dataStage } from './data.ts';
import { evaluateStage } from './evaluate.ts';
import { reportStage } from './report.ts';
import { runRecordActivities } from './run-record.ts';
import { selectStage } from './select.ts';
import { stageActivity } from './stage-activity.ts';
import { trainStage } from './train.ts';
import type { TrainingSlots } from './training-slots.ts';

export interface ActivityDependencies {
  store: Store;
  /** Downloads, blobs as files and training scratch; all of it can be made again. */
  cacheDirectory: string;
}

/** The activities of queue `atelier`: everything but training. */
export function createPipelineActivities({
  store,
  cacheDirectory,
}: ActivityDependencies): Omit<Activities, 'train'> {
  const files = openBlobFiles(store, join(cacheDirectory, 'blobs'));
  return {
    ...runRecordActivities(store),
    prepareData: stageActivity('data', dataStage(store, cacheDirectory)),
    select: stageActivity('select', selectStage(store)),
    evaluate: stageActivity('evaluate', evaluateStage(store, files)),
    report: stageActivity('report', reportStage(store)),
  };
}

/** The activity of queue `atelier-train`. */
export function createTrainActivities(
  { store, cacheDirectory }: ActivityDependencies,
  slots: TrainingSlots,
): Pick<Activities, 'train'> {
  const files = openBlobFiles(store, join(cacheDirectory, 'blobs'));
  return { train: stageActivity('train', trainStage({ store, files, cacheDirectory, slots })) };
}
