import { z } from 'zod';
import { unwrap } from './settings.ts';

/**
 * What a fingerprint is made of. A field may be added with a default that means "as before"; such a
 * field says `.meta({ added: true })`, and here it is left out while it equals its default, in
 * nested objects, too. So a value from before the field and one filled with its default have one
 * fingerprint, which only another value of the field changes.
 * @param value what the schema made of its input
 */
export function withoutAddedDefaults<T>(schema: z.core.$ZodType, value: T): T {
  if (!isObject(value)) return value;
  const shape = shapeFor(schema, value);
  const kept = Object.entries(value).flatMap(([name, field]) => {
    const below = shape[name];
    if (below === undefined) return [[name, field]];
    return isAsBefore(below, field) ? [] : [[name, withoutAddedDefaults(below, field)]];
  });
  return Object.fromEntries(kept) as T;
}

/** The fields of an object; of a union those of the kind that the value is. */
function shapeFor(schema: z.core.$ZodType, value: object): Record<string, z.core.$ZodType> {
  const inner = unwrap(schema);
  if (inner instanceof z.core.$ZodObject) return inner._zod.def.shape;
  if (!(inner instanceof z.core.$ZodUnion)) return {};
  const kind = inner._zod.def.options.find((option) => z.safeParse(option, value).success);
  return kind === undefined ? {} : shapeFor(kind, value);
}

function isAsBefore(schema: z.core.$ZodType, value: unknown): boolean {
  if (!z.globalRegistry.get(schema)?.added) return false;
  return equal(value, z.safeParse(schema, undefined).data);
}

/** Equal as JSON: the order of an object's fields is no difference, nor is one that is undefined. */
function equal(a: unknown, b: unknown): boolean {
  if (!isComposite(a) || !isComposite(b)) return Object.is(a, b);
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Array.isArray(a) === Array.isArray(b) && [...names].every((n) => equal(a[n], b[n]));
}

const isComposite = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isObject = (value: unknown): value is Record<string, unknown> =>
  isComposite(value) && !Array.isArray(value);
