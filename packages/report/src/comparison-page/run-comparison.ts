import { comparisonSchema, differenceSchema } from '@atelier/evaluate/comparison';
import { z } from 'zod';
import { publishedReferenceSchema } from '../reference-schema.ts';

const differingSchema = z.array(
  z.strictObject({
    /** A setting by its path, or what else is not the same. */
    name: z.string(),
    /** As text; of several runs, each value once. */
    a: z.string(),
    b: z.string(),
  }),
);

/** What `atelier compare --json` prints of runs. */
export const runComparisonSchema = comparisonSchema.extend({
  /** The title of the dataset that A was tested on. */
  dataset: z.string(),
  /** Whether A is better than B, and how that is known, in a sentence. */
  verdict: z.string(),
  /** Only what is not the same on both sides. */
  differs: z.strictObject({
    configuration: differingSchema,
    data: differingSchema,
    environment: differingSchema,
  }),
});
export type RunComparison = z.infer<typeof runComparisonSchema>;

/** What it prints of a run and numbers that somebody published, which come without predictions. */
const publishedComparisonSchema = z.strictObject({
  schemaVersion: z.literal(1),
  about: z.literal('published numbers'),
  a: comparisonSchema.shape.a,
  b: publishedReferenceSchema,
  dataset: z.string(),
  verdict: z.string(),
  accuracy: differenceSchema,
});
export type PublishedComparison = z.infer<typeof publishedComparisonSchema>;

export const anyComparisonSchema = z.union([runComparisonSchema, publishedComparisonSchema]);
