import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeSplit, pathsIn, prepareDataset, readDescriptor } from '@atelier/data';
import { imageAt } from '@atelier/data/image-shape';
import { syntheticDataset } from '@atelier/data/testing';
import { evaluatePredictions, predict } from '@atelier/evaluate';
import { mlpOptions } from '@atelier/model/network';
import { runTraining, type TrainingEvent } from '@atelier/train';
import { recipeSchema } from '@atelier/train/recipe';
import { decode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imageUri } from '../src/sections/pictures.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'atelier-colour-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('colour images are read, learned, recognised and drawn', async () => {
  const descriptor = await readDescriptor(
    await syntheticDataset({ directory, height: 9, width: 8, channels: 3 }),
  );
  const files = pathsIn(directory, descriptor);
  const { manifest, splits } = await prepareDataset({ descriptor, files, splitSeed: 1 });
  expect(manifest).toMatchObject({ height: 9, width: 8, channels: 3 });
  const [trainPath, validationPath, testPath] = await Promise.all(
    Object.values(splits).map(async (split) => {
      const file = path.join(directory, `${split.name}.safetensors`);
      await writeFile(file, encodeSplit(split));
      return file;
    }),
  );

  const { normalisation, classes } = manifest;
  let modelPath = '';
  const network = {
    inputs: 9 * 8 * 3,
    classes: classes.length,
    ...mlpOptions.parse({ widths: [32, 32], residual: 0 }),
  };
  await runTraining(
    {
      ...{
        train: { path: trainPath! },
        validation: { path: validationPath! },
        normalisation,
        network,
      },
      recipe: recipeSchema.parse({
        ...{ engine: 'eager', epochs: 4, batchSize: 50, learningRate: 0.01 },
      }),
      ...{ seed: 1, directory, threads: 1 },
    },
    {
      onEvent: (event: TrainingEvent) => {
        if (event.kind === 'epoch') modelPath = event.checkpoint;
      },
    },
  );
  const predictions = await predict({ modelPath, splitPath: testPath!, normalisation });
  expect(evaluatePredictions(predictions, classes).metrics.accuracy.value).toBeGreaterThan(0.9);

  const { test: testSplit } = splits;
  const uri = imageUri(imageAt(testSplit.images, testSplit.shape, 3), testSplit.shape);
  const png = decode(Buffer.from(uri.replace('data:image/png;base64,', ''), 'base64'));
  expect(png).toMatchObject({ width: 8, height: 9, channels: 3 });
  expect([...png.data]).toEqual([...imageAt(testSplit.images, testSplit.shape, 3)]);

  const narrow = { ...testSplit, shape: { height: 9, width: 24, channels: 1 } };
  const otherPath = path.join(directory, 'narrow.safetensors');
  await writeFile(
    otherPath,
    encodeSplit({
      ...narrow,
      shape: { ...narrow.shape, width: 8 },
      images: testSplit.images.subarray(0, testSplit.labels.length * 72),
    }),
  );
  await expect(predict({ modelPath, splitPath: otherPath, normalisation })).rejects.toThrow(
    /images of 216 values[\s\S]*9 × 8 pixels/,
  );
});
