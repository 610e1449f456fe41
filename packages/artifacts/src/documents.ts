import type { z } from 'zod';
import type { Found, Objects } from './objects.ts';

const contentType = 'application/json';

/** JSON that a person can read in the storage's console. */
const encodeDocument = (value: unknown): Buffer =>
  Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

export const putDocument = (
  objects: Objects,
  key: string,
  value: unknown,
  when?: 'absent' | { etag: string },
): Promise<string | undefined> =>
  objects.put(key, encodeDocument(value), { contentType, ...(when ? { when } : {}) });

/** A document's value, or what is wrong with it. */
export type Parsed<T> = { value: T; problem?: undefined } | { value?: undefined; problem: string };

export type Document<T> = Found & Parsed<T>;

/** Reads a JSON object and checks its schema; undefined where there is none. */
export async function getDocument<T>(
  objects: Objects,
  key: string,
  schema: z.ZodType<T>,
): Promise<Document<T> | undefined> {
  const found = await objects.get(key);
  return found && { ...found, ...parseDocument(found.content, schema) };
}

/** Reads JSON and checks its schema; says in words what is wrong with it. */
export function parseDocument<T>(content: Buffer, schema: z.ZodType<T>): Parsed<T> {
  const json = parseJson(content);
  if (json === undefined) return { problem: 'it is no valid JSON' };
  const parsed = schema.safeParse(json);
  if (parsed.success) return { value: parsed.data };
  const issue = parsed.error.issues[0];
  return { problem: `${issue?.path.join('.') || 'document'}: ${issue?.message}` };
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined;
  }
}
