import { blobRefSchema } from '@atelier/artifacts/blob-ref';
import { descriptorSchema } from '@atelier/data/descriptor';
import { networkOptionsSchema } from '@atelier/model/configuration';
import { recipeSchema } from '@atelier/train/configuration';
import { z } from 'zod';
import { stageSettingsSchema } from './configuration/stage-settings.ts';

/** A committed epoch of another run's training that this one continues from on purpose. */
export const adoptionSchema = z.strictObject({
  /** The run as it was named; the same work through another run is still the same. */
  run: z.string(),
  /** The fingerprint of that run's training. */
  training: z.string(),
  epoch: z.int().positive(),
  checkpoint: blobRefSchema,
});

export type Adoption = z.output<typeof adoptionSchema>;

/** Everything a run needs, resolved and checked before it starts. */
export const runConfigSchema = z.strictObject({
  schemaVersion: z.literal(1),
  dataset: descriptorSchema,
  splitSeed: z.int(),
  /** `nightly`: derived from the time that the schedule started the run for. */
  seed: z.union([z.int(), z.literal('nightly')]),
  network: networkOptionsSchema,
  recipe: recipeSchema,
  ...stageSettingsSchema.shape,
  /** False where the Temporal service has no such attributes and would refuse them. */
  searchAttributes: z.boolean(),
  /** Stages whose work is done although their records exist. */
  fresh: z.array(z.string()).optional(),
  /** Where training goes on from, instead of from its beginning. */
  adopt: adoptionSchema.optional(),
});

export type RunConfig = z.output<typeof runConfigSchema>;
