import { z } from 'zod';

/**
 * What `.meta` of a setting's outermost schema says. From it follow flags, `--help`, what `retry`
 * may change and the table in docs/configuration.md.
 */
interface SettingMetadata {
  /** One line for people: what the setting decides. */
  help?: string;
  /** The flag's name without dashes. A setting without a flag is set by a file alone. */
  flag?: string;
  /** What stands for the flag's value in `--help`; what the schema says unless given. */
  placeholder?: string;
  /** What holds where the setting is left out and its schema has no default, in words. */
  unset?: string;
  /** Names of the stages whose way of working it changes; `retry` may change it for them. */
  stages?: readonly string[];
  /**
   * It decides what these stages give: once they were done it stays, also where a repair does them
   * again, because what later stages made of their results holds for it.
   */
  stays?: boolean;
  /**
   * The field was added after records without it existed. Its default means "as before", so that
   * a value equal to the default is left out of fingerprints.
   */
  added?: boolean;
}

declare module 'zod' {
  interface GlobalMeta extends SettingMetadata {}
}

/** One field that a person may set. */
export interface Setting extends SettingMetadata {
  help: string;
  placeholder: string;
  /** Where it stands in the configuration. */
  path: readonly string[];
  schema: z.core.$ZodType;
  /** What holds where nothing is set; undefined where the schema has no default. */
  default: unknown;
}

/**
 * Every setting below an object's schema, in the order of its fields. Where a union says what kinds
 * there are, the settings of all kinds. An object that has help of its own is set as a whole.
 * @throws Error for a field without help
 */
export function settingsOf(schema: z.core.$ZodType, path: readonly string[] = []): Setting[] {
  const fields = Object.entries(fieldsOf(schema));
  const isWhole = z.globalRegistry.get(schema)?.help !== undefined;
  if (fields.length === 0 || isWhole) return [settingAt(schema, path)];
  const settings = fields.flatMap(([name, field]) => settingsOf(field, [...path, name]));
  const byPath = new Map(settings.toReversed().map((one) => [one.path.join('.'), one]));
  return [...byPath.values()].toReversed();
}

function settingAt(schema: z.core.$ZodType, path: readonly string[]): Setting {
  const {
    help,
    placeholder = placeholderOf(schema),
    ...others
  } = z.globalRegistry.get(schema) ?? {};
  if (help === undefined) throw new Error(`The setting ${path.join('.')} has no help in its meta.`);
  return {
    ...others,
    help,
    placeholder,
    path,
    schema,
    default: z.safeParse(schema, undefined).data,
  };
}

function placeholderOf(schema: z.core.$ZodType): string {
  const inner = unwrap(schema);
  if (inner instanceof z.core.$ZodEnum) return Object.values(inner._zod.def.entries).join('|');
  if (inner instanceof z.core.$ZodArray) {
    const element = placeholderOf(inner._zod.def.element);
    return `${element},${element},…`;
  }
  if (inner instanceof z.core.$ZodBoolean) return 'true|false';
  if (inner instanceof z.core.$ZodNumberFormat) return 'n';
  return inner instanceof z.core.$ZodNumber ? 'x' : 'text';
}

/** The fields of an object's schema, of all kinds together where it is a union; none of others. */
export function fieldsOf(schema: z.core.$ZodType): Record<string, z.core.$ZodType> {
  const inner = unwrap(schema);
  if (inner instanceof z.core.$ZodObject) return inner._zod.def.shape;
  if (inner instanceof z.core.$ZodUnion) {
    const kinds = inner._zod.def.options.map(fieldsOf);
    // The first to have a field says what it is; their order is that of the kinds, too.
    return Object.assign({}, ...kinds, ...kinds.toReversed());
  }
  return {};
}

/** Of schemas of several kinds, that of the kind which a value says it is, and the field that says so. */
export function kindOf(
  schema: z.core.$ZodType,
  value: unknown,
): { schema: z.core.$ZodType; by?: string } {
  const inner = unwrap(schema);
  if (!(inner instanceof z.core.$ZodDiscriminatedUnion)) return { schema: inner };
  const { options, discriminator: by } = inner._zod.def;
  const said = (value as Record<string, unknown> | undefined)?.[by];
  const kind = options.find((one) => z.safeParse(fieldsOf(one)[by]!, said).success);
  return kind === undefined ? { schema: inner } : { schema: kind, by };
}

/** What lies below defaults, `optional` and transformations of what was read. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const def = schema._zod.def as { innerType?: z.core.$ZodType; in?: z.core.$ZodType };
  const inner = def.innerType ?? def.in;
  return inner === undefined ? schema : unwrap(inner);
}
