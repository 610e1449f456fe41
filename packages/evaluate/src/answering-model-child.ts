import { readFile } from 'node:fs/promises';
import { decodeModel, loadNetwork, weightsOf } from '@atelier/model';
import { answerParent } from '@atelier/subprocess';
import { loadTensorFlow } from '@atelier/tensorflow';
import type { AnsweringModelJob } from './answering-model.ts';
import { distributions } from './predict-split.ts';

answerParent<AnsweringModelJob, Uint8Array, Float32Array>(async ({ modelPath, normalisation }) => {
  const model = decodeModel(await readFile(modelPath), modelPath);
  loadNetwork(model);
  loadTensorFlow();
  const weights = weightsOf(model);
  const { inputs, classes } = model.network;
  const answer = async (images: Uint8Array[]): Promise<Float32Array[]> => {
    const pixels = new Float32Array(images.length * inputs);
    for (const [i, image] of images.entries()) pixels.set(image, i * inputs);
    const rows = distributions(pixels, normalisation, weights, model);
    return images.map((_, i) => rows.slice(i * classes, (i + 1) * classes));
  };
  // The first answer takes longer than others.
  await answer([new Uint8Array(inputs)]);
  return { answer };
});
