import { UserError } from '@atelier/errors';
import { gateRuleSchema } from '@atelier/evaluate/gate/schema';
import { z } from 'zod';

/** Images of a gate split; `half` of validation where nobody knows yet how many that is. */
export const gateCountSchema = z.union([z.int().min(1), z.literal('half')]);

/** Nights are a minute apart at least, and each needs so many seeds of its own, see `nightlySeeds`. */
const mostSeeds = 25;

/** How it is decided whether a run's model is put in use. */
export const gateSettingsSchema = z.strictObject({
  rule: gateRuleSchema.prefault({}),
  hold: z.boolean().default(false).meta({
    help: 'whether a model that the gate would put in use waits for a person, who approves or rejects it',
  }),
  holdHours: z.int().min(1).max(9_999).default(24).meta({
    help: 'hours that it waits; nobody having decided by then, it is held',
  }),
});

/** How a run that promotes comes by the model that it puts forward. */
const nightlySettingsSchema = z.strictObject({
  seeds: z.int().min(1).max(mostSeeds).default(1).meta({
    help: 'seeds that a run which promotes trains, to put the median one by validation accuracy forward',
    flag: 'nightlySeeds',
  }),
});

/** What a person may set of promotion, beside the gate's own settings. */
export const promotionOptionsShape = {
  promote: z.boolean().optional().meta({
    help: 'decide after the report whether the model is put in use',
    flag: 'promote',
    unset: 'false; of a schedule: true',
  }),
  gateCount: z
    .union([z.int().min(0), z.literal('half')], 'expected a whole number from 0 on, or half')
    .optional()
    .meta({
      help: 'validation images that are held back, to decide on them whether a model is put in use',
      flag: 'gateCount',
      placeholder: 'n|half',
      unset: '0; with promote: half',
    }),
  gate: gateSettingsSchema.optional(),
  nightly: nightlySettingsSchema.optional(),
};

/** The same in a run's configuration; all of it is absent where a run knows nothing of it. */
export const promotionConfigShape = {
  promote: z.boolean().optional(),
  /** Images of the gate split; absent: there is none. */
  gateCount: gateCountSchema.optional(),
  gate: gateSettingsSchema.optional(),
  /** Absent: the run trains one seed itself. */
  nightly: z.strictObject({ seeds: z.int().min(2).max(mostSeeds) }).optional(),
};

type Given = z.output<z.ZodObject<typeof promotionOptionsShape>>;
type Resolved = z.output<z.ZodObject<typeof promotionConfigShape>>;

/**
 * What a run does about promotion.
 * @param validationCount images that are held out for validation, where the descriptor says how many
 * @param byDefault whether it promotes where nothing says so
 * @throws UserError where the gate split would be empty, or leave nothing to choose an epoch by
 */
export function resolvePromotion(
  { promote: given, gateCount, gate, nightly }: Given,
  validationCount: number | undefined,
  byDefault: boolean,
): Resolved {
  const promote = given ?? (byDefault || undefined);
  const half = validationCount === undefined ? 'half' : Math.floor(validationCount / 2);
  const asked = gateCount ?? (promote ? 'half' : 0);
  const count = asked === 'half' ? half : asked;
  const least = promote ? 1 : 0;
  const most = (validationCount ?? Number.POSITIVE_INFINITY) - 1;
  if (count !== 'half' && (count < least || count > most))
    throw new UserError({
      what: 'The gate split cannot have this size.',
      where: '--gateCount (gateCount)',
      expected: `${least} to ${most}, because it is taken out of the validation images`,
      found: String(count),
      ...(promote && { remedy: 'another number, `--gateCount half`, or `--promote false`' }),
    });
  return {
    ...(promote !== undefined && { promote }),
    ...(count !== 0 && { gateCount: count }),
    ...(promote && { gate: gate ?? gateSettingsSchema.parse({}) }),
    ...(promote && nightly && nightly.seeds > 1 && { nightly }),
  };
}
