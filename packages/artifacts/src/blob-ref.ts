import { z } from 'zod';

/** A blob's name (lowercase hex SHA-256 of its bytes) and length. */
export const blobRefSchema = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative(),
});

export type BlobRef = z.infer<typeof blobRefSchema>;
