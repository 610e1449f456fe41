import { z } from 'zod';

/** Which code did some work: digests of what it was made of, and its commit where that is known. */
export const codeIdentitySchema = z.strictObject({
  /** SHA-256 of all packages' sources, as they lay there when the worker started. */
  sources: z.string(),
  /** SHA-256 of package-lock.json, which names every dependency with its own digest. */
  lockfile: z.string().optional(),
  /** Git's name of the commit that the checkout stood at; absent where the code is no checkout. */
  commit: z.string().optional(),
  /** Whether the checkout held changes or files that are not in that commit. */
  dirty: z.boolean().optional(),
});

export type CodeIdentity = z.infer<typeof codeIdentitySchema>;
