import type { z } from 'zod';
import type { Found, Objects } from './objects.ts';

const contentType = 'application/json';

/** JSON that a person can read in the storage's console. */
export const encodeDocument = (value: unknown): Buffer =>
  Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

export const putDocument = (
  objects: Objects,
  key: string,
  value: unknown,
  when?: 'absent' | { etag: string },
): Promise<string | undefined> =>
  objects.put(key, encodeDocument(value), { contentType, ...(when ? { when } : {}) });

/** A document, or what is wrong with it. */
export type Document<T> = Found &
  ({ value: T; problem?: undefined } | { value?: undefined; problem: string });

/** Reads a JSON object and checks its schema; undefined where there is none. */
export async function getDocument<T>(
  objects: Objects,
  key: string,
  schema: z.ZodType<T>,
): Promise<Document<T> | undefined> {
  const found = await objects.get(key);
  if (found === undefined) return undefined;
  const json = parseJson(found.content);
  if (json === undefined) return { ...found, problem: 'it is no valid JSON' };
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ...found, value: parsed.data };
  const issue = parsed.error.issues[0];
  return { ...found, problem: `${issue?.path.join('.') || 'document'}: ${issue?.message}` };
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined;
  }
}
