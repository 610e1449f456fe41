import { readFile } from 'node:fs/promises';
import { decodeSplit } from '@atelier/data';
import { readUnchanged } from '@atelier/files';
import { decodeModel, loadNetwork } from '@atelier/model';
import { serveParent } from '@atelier/subprocess';
import { loadTensorFlow } from '@atelier/tensorflow';
import type { PredictionJob } from './predict.ts';
import { predictSplit } from './predict-split.ts';
import { joinPredictions, type Predictions } from './predictions.ts';

serveParent<PredictionJob, never, Predictions>(async (job, { signal }) => {
  const { modelPath, splitPath, shards = [splitPath], stamps = {}, threads, ...options } = job;
  const model = decodeModel(await readFile(modelPath), modelPath);
  const read = async (path: string) => decodeSplit(await readUnchanged(path, stamps[path]), path);
  const first = await read(shards[0]!);
  loadNetwork(model);
  loadTensorFlow(threads === undefined ? {} : { threads });
  const found = [await predictSplit(model, first, { ...options, signal })];
  for (const path of shards.slice(1))
    found.push(await predictSplit(model, await read(path), { ...options, signal }));
  return found.length === 1 ? found[0]! : joinPredictions(found);
});
