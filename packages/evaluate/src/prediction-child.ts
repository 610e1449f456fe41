import { readFile } from 'node:fs/promises';
import { decodeSplit } from '@atelier/data';
import { decodeModel } from '@atelier/model';
import { serveParent } from '@atelier/subprocess';
import { loadTensorFlow } from '@atelier/tensorflow';
import type { PredictionJob } from './predict.ts';
import { predictSplit } from './predict-split.ts';
import type { Predictions } from './predictions.ts';

serveParent<PredictionJob, never, Predictions>(async (job, { signal }) => {
  const { modelPath, splitPath, threads, ...options } = job;
  const model = decodeModel(await readFile(modelPath), modelPath);
  const split = decodeSplit(await readFile(splitPath), splitPath);
  loadTensorFlow(threads === undefined ? {} : { threads });
  return predictSplit(model, split, { ...options, signal });
});
