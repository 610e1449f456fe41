import { endpointSchema } from '@atelier/addresses';
import { UserError } from '@atelier/errors';
import { z } from 'zod';

/** Where objects live and who may touch them. */
export const storeSettingsSchema = z.object({
  /** Origin of the S3 service, e.g. `https://s3.eu-central-1.amazonaws.com`. */
  endpoint: endpointSchema,
  region: z.string().min(1),
  accessKey: z.string().min(1),
  secretKey: z.string().min(1),
  sessionToken: z.string().optional(),
  bucket: z.string().min(3),
  /** On the way to the service; the variable that names it is told in errors. */
  proxy: z.object({ variable: z.string(), address: z.url() }).optional(),
  /**
   * Milliseconds without a byte moving after which a call fails; up to 84 s more while a body's
   * end may be on the way, by its size. Sending and receiving end after ten times as long and a
   * second for every 50 kB, even if bytes move.
   */
  timeoutMs: z.number().int().positive().default(20_000),
});

export type StoreSettings = z.input<typeof storeSettingsSchema>;

/** @throws UserError naming the setting */
export function parseStoreSettings(settings: StoreSettings): z.output<typeof storeSettingsSchema> {
  const parsed = storeSettingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UserError({
    what: 'The settings of the object storage are not usable.',
    where: issue?.path.join('.') ?? 'settings',
    expected: issue?.message ?? 'endpoint, region, credentials and bucket',
  });
}
