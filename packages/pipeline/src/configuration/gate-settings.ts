import { UserError } from '@atelier/errors';
import { z } from 'zod';

/** How it is decided whether a run's model is put in use. */
export const gateSettingsSchema = z.strictObject({
  hold: z.boolean().default(false).meta({
    help: 'a model that is to be put in use waits for a person to approve it',
    flag: 'hold',
  }),
  holdHours: z.int().min(1).max(8_760).default(24).meta({
    help: 'hours that it waits for a person, and no longer than until the next night is due',
    flag: 'holdHours',
  }),
});

export type GateSettings = z.output<typeof gateSettingsSchema>;

/** What a person may set of promotion, beside the gate's own settings. */
export const promotionOptionsShape = {
  promote: z.boolean().optional().meta({
    help: 'decide after the report whether the model is put in use',
    flag: 'promote',
    unset: 'false; of a schedule: true',
  }),
  gateCount: z.int().min(0).optional().meta({
    help: 'validation images that are held back, to decide on them whether a model is put in use',
    flag: 'gateCount',
    unset: '0; with promote: half of them',
  }),
  gate: gateSettingsSchema.optional(),
};

/** The same in a run's configuration; all of it is absent where a run knows nothing of it. */
export const promotionConfigShape = {
  promote: z.boolean().optional(),
  /** Images of the gate split; absent: there is none. */
  gateCount: z.int().min(1).optional(),
  gate: gateSettingsSchema.optional(),
};

type Given = z.output<z.ZodObject<typeof promotionOptionsShape>>;
type Resolved = z.output<z.ZodObject<typeof promotionConfigShape>>;

/**
 * What a run does about promotion.
 * @param validationCount official test images that are held out for validation
 * @param byDefault whether it promotes where nothing says so
 * @throws UserError where the gate split would be empty, or leave nothing to choose an epoch by
 */
export function resolvePromotion(
  { promote: given, gateCount, gate }: Given,
  validationCount: number,
  byDefault: boolean,
): Resolved {
  const promote = given ?? (byDefault || undefined);
  const count = gateCount ?? (promote ? Math.floor(validationCount / 2) : 0);
  const least = promote ? 1 : 0;
  if (count < least || count >= validationCount)
    throw new UserError({
      what: 'The gate split cannot have this size.',
      where: '--gateCount (gateCount)',
      expected: `${least} to ${validationCount - 1}, because it is taken out of ${validationCount} validation images`,
      found: String(count),
      ...(promote && { remedy: 'a larger validationCount, or `--promote false`' }),
    });
  return {
    ...(promote !== undefined && { promote }),
    ...(count > 0 && { gateCount: count }),
    ...(promote && { gate: gate ?? gateSettingsSchema.parse({}) }),
  };
}
