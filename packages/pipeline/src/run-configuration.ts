import { blobRefSchema, digestSchema } from '@atelier/artifacts/blob-ref';
import { openDescriptorSchema } from '@atelier/data/descriptor';
import { networkOptionsSchema } from '@atelier/model/network';
import { referenceSettingSchema } from '@atelier/report/reference';
import { recipeSchema } from '@atelier/train/recipe';
import { z } from 'zod';
import { promotionConfigShape } from './configuration/gate-settings.ts';
import { type AskedNetwork, seedSchema, splitSeedSchema } from './configuration/run-options.ts';
import { stageSettingsSchema } from './configuration/stage-settings.ts';
import { whenParkedSchema } from './configuration/when-parked.ts';

/** Consecutive epochs, and the data that they were trained and validated on. */
export const epochDataSchema = z.strictObject({
  first: z.int().positive(),
  last: z.int().positive(),
  manifest: blobRefSchema,
  train: blobRefSchema,
  validation: blobRefSchema,
  /** Of those that are in shards. */
  shards: z.array(blobRefSchema).min(1).optional(),
});

export type EpochData = z.output<typeof epochDataSchema>;

/** A committed epoch of another run's training that this one continues from on purpose. */
export const adoptionSchema = z.strictObject({
  /** The run as it was named; the same work through another run is still the same. */
  run: z.string(),
  /** The fingerprint of that run's training. */
  training: digestSchema,
  epoch: z.int().positive(),
  checkpoint: blobRefSchema,
  /** What the epochs up to it were trained on; absent in runs of versions that did not look. */
  data: z.array(epochDataSchema).min(1).optional(),
  /**
   * Epochs up to it that take no part in choosing, because the best of them was thinned out; absent
   * in runs of versions that kept all.
   */
  thinned: z.array(z.int().positive()).optional(),
});

export type Adoption = z.output<typeof adoptionSchema>;

/** A model whose matching tensors a training begins with. */
export const initialModelSchema = z.strictObject({
  /** The run or the file, as it was named; the same model by another name is still the same. */
  from: z.string(),
  model: blobRefSchema,
});

export type InitialModel = z.output<typeof initialModelSchema>;

/** Everything a run needs, resolved and checked before it starts. */
export const runConfigSchema = z.strictObject({
  schemaVersion: z.literal(1),
  dataset: openDescriptorSchema,
  splitSeed: splitSeedSchema,
  /** `nightly`: derived from the time that the schedule started the run for. */
  seed: z.union([seedSchema, z.literal('nightly')]),
  network: networkOptionsSchema,
  recipe: recipeSchema,
  ...promotionConfigShape,
  ...stageSettingsSchema.shape,
  /** Files of the dataset by their parts that the run has found and kept for which this one works. */
  stored: z.array(z.string()).optional(),
  /** False where the Temporal service has no such attributes and would refuse them. */
  searchAttributes: z.boolean(),
  /** Stages whose work is done although their records exist. */
  fresh: z.array(z.string()).optional(),
  /** Where training goes on from, instead of from its beginning. */
  adopt: adoptionSchema.optional(),
  /** What its weights begin with, instead of being drawn. */
  initialise: initialModelSchema.optional(),
  /** What the report compares with; the published numbers of older versions unless given. */
  reference: referenceSettingSchema.optional(),
  /** Of a schedule's nights: what one does that is parked; `next-night` unless given. */
  whenParked: whenParkedSchema.optional(),
});

export type RunConfig = z.output<typeof runConfigSchema>;

/** It before a network that the person wrote was looked at. */
export type AskedConfig = Omit<RunConfig, 'network'> & { network: AskedNetwork };
