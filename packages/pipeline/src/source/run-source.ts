import { blobRefSchema } from '@atelier/artifacts/blob-ref';
import { z } from 'zod';

/** What a run has found where its dataset's files are followed. */
export const runSourceSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** The dataset's name. */
  dataset: z.string(),
  /** When it looked. */
  at: z.iso.datetime(),
  /** The followed files by the part that each plays. */
  files: z.record(
    z.string(),
    z.strictObject({
      name: z.string(),
      /** The address that has it. */
      from: z.string(),
      /** Whether its bytes had to be brought; not where the store had them already. */
      brought: z.boolean(),
      /** Its bytes, in the store. */
      content: blobRefSchema,
    }),
  ),
});

export type RunSource = z.output<typeof runSourceSchema>;

/** In a run's folder from the moment that it has looked, so that the files stay with it. */
export const sourceFile = 'source.json';
