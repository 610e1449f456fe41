import { z } from 'zod';
import { unwrap } from './settings.ts';

/**
 * The value that a person's text stands for, as the schema has it. What cannot be read stays text,
 * for the schema to refuse.
 * @param text every text in turn where the setting takes many
 */
export function readText(schema: z.core.$ZodType, text: string | readonly string[]): unknown {
  const inner = unwrap(schema);
  if (typeof text !== 'string') return text.map((one) => readText(elementOf(inner) ?? inner, one));
  if (inner instanceof z.core.$ZodArray || inner instanceof z.core.$ZodTuple)
    return text.split(',').map((one) => readText(elementOf(inner)!, one));
  if (inner instanceof z.core.$ZodString || inner instanceof z.core.$ZodEnum) return text;
  if (inner instanceof z.core.$ZodBoolean)
    return text === 'true' ? true : text === 'false' ? false : text;
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
}

/** Whether the flag is given once for each entry: texts may hold the comma that parts numbers. */
export function takesMany(schema: z.core.$ZodType): boolean {
  const inner = unwrap(schema);
  return inner instanceof z.core.$ZodArray && elementOf(inner) instanceof z.core.$ZodString;
}

function elementOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  if (schema instanceof z.core.$ZodArray) return unwrap(schema._zod.def.element);
  if (schema instanceof z.core.$ZodTuple) return unwrap(schema._zod.def.items[0]!);
  return undefined;
}
