import { z } from 'zod';

/** Lowercase hex: of a blob's bytes, or of the inputs of a stage's work. */
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');

/**
 * Who made something, as its record says: one line for people, of which the rest of the program
 * needs nothing but that it is one.
 */
export const makerSchema = z
  .string()
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,1000}$/u, 'expected one line of text');

/** A blob's name (lowercase hex SHA-256 of its bytes) and length. */
export const blobRefSchema = z.strictObject({
  sha256: digestSchema,
  bytes: z.number().int().nonnegative(),
});

export type BlobRef = z.infer<typeof blobRefSchema>;
