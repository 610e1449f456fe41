import { descriptorSchema } from '@atelier/data/descriptor';
import { imageShapeFields } from '@atelier/data/image-shape';
import { z } from 'zod';
import { planStage } from '../plan.ts';

/** Downloads and verifies a dataset's files, then stores its manifest and its three splits. */
export const dataPlan = planStage({
  name: 'data',
  activity: 'prepareData',
  version: 1,
  title: 'Download, verify and split the dataset',
  // Over whatever line there is. It tries its mirrors several times in every attempt.
  timeout: '6h',
  retry: { maximumAttempts: 6 },
  input: {
    dataset: descriptorSchema,
    splitSeed: z.int(),
  },
  // Mirrors say where bytes come from; their digests are among the inputs.
  dependsOn: ({ dataset, splitSeed }) => ({
    dataset: { ...dataset, mirrors: undefined },
    splitSeed,
  }),
  outputs: ['manifest', 'train', 'validation', 'test'],
  summary: z.object({
    classes: z.array(z.string()),
    ...imageShapeFields,
    normalisation: z.object({ mean: z.number(), std: z.number() }),
    counts: z.object({ train: z.int(), validation: z.int(), test: z.int() }),
  }),
  files: {
    'data/dataset.json': 'manifest',
    'data/validation.safetensors': 'validation',
    'data/test.safetensors': 'test',
  },
});
