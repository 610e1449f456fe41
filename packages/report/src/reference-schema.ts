import { z } from 'zod';

const share = z.number().min(0).max(1);

/** Numbers to compare a model with, as a file beside a dataset's descriptor gives them. */
export const publishedReferenceSchema = z.strictObject({
  testAccuracy: share,
  /** How many it was measured on. */
  testExamples: z.int().min(1),
  validationAccuracy: share,
  bestEpoch: z.int().min(1),
  /** Whose they are, in a few words. */
  source: z.string().min(1).max(300),
});

/** Bits of the official test images: 6 million of them. */
const longestBits = 1024 ** 2;
// Not z.base64(), which needs what a workflow has not.
const bits = z
  .string()
  .regex(/^[A-Za-z0-9+/]*={0,2}$/)
  .max(longestBits);

/** Which test images a run was tested on, and which of them it recognised, see `encodeMembership`. */
const answersSchema = z.strictObject({
  run: z.string(),
  /** Digests of the official test files, by which positions mean the same images. */
  testFiles: z.string(),
  tested: bits,
  right: bits,
});

/**
 * What a report compares with: numbers alone, or those of another run with its answers, which stay
 * with the run that is compared, whatever becomes of the other one.
 */
const referenceSchema = publishedReferenceSchema.extend({
  answers: answersSchema.optional(),
});
export type Reference = z.infer<typeof referenceSchema>;

/** What a report compares with, or that it compares with nothing. */
export const referenceSettingSchema = z.union([referenceSchema, z.literal('none')]);
export type ReferenceSetting = z.infer<typeof referenceSettingSchema>;
