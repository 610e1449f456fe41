import { descriptorSchema } from '@atelier/data/descriptor';
import { preparedDatasetSchema } from '@atelier/data/prepared-dataset';
import { z } from 'zod';
import { gateCountSchema } from '../../configuration/gate-settings.ts';
import { planStage } from '../plan.ts';

const count = z.int().min(1);

/** Downloads and verifies a dataset's files, then stores its manifest and its splits. */
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
    /** Images of validation that are held back for promotion; none unless given. */
    gateCount: gateCountSchema.optional(),
    /** The files by their parts whose bytes are in the store: a mirror may have others by now. */
    stored: z.array(z.string()).optional(),
  },
  // Mirrors say where bytes come from; their digests are among the inputs.
  dependsOn: ({ dataset, splitSeed, gateCount, settings: { heldMiB } }) => ({
    dataset: { ...dataset, mirrors: undefined },
    splitSeed,
    gateCount,
    // Other files, of the same images.
    heldMiB,
    // Earlier versions took the colours together.
    ...(dataset.channels === 3 && { normalisation: 'of each colour' }),
  }),
  outputs: ['manifest', 'train', 'validation', 'test'],
  optionalOutputs: ['gate'],
  // Shards of the splits that are too large for one file.
  hasParts: true,
  summary: preparedDatasetSchema
    .pick({ classes: true, height: true, width: true, channels: true, normalisation: true })
    .extend({
      counts: z.object({
        train: count,
        validation: count,
        gate: count.exactOptional(),
        test: count,
      }),
    }),
  files: {
    'data/dataset.json': 'manifest',
    'data/validation.safetensors': 'validation',
    'data/gate.safetensors': 'gate',
    'data/test.safetensors': 'test',
  },
});
