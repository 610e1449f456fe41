import type { z } from 'zod';
import type { Objects, StoredObject } from './objects.ts';

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

/** Documents by their names below a prefix, without `.json`, in alphabetical order. */
export const namesIn = (files: readonly StoredObject[], prefix: string): string[] =>
  files
    .flatMap(({ key }) =>
      key.endsWith('.json') ? [key.slice(prefix.length, -'.json'.length)] : [],
    )
    .sort();

/** A document's value, or what is wrong with it. */
export type Parsed<T> = { value: T; problem?: undefined } | { value?: undefined; problem: string };

export type Document<T> = { etag: string; content: Buffer | undefined } & Parsed<T>;

/** Bytes that no record of Atelier's needs: what is longer is none, and is not read. */
const longestDocument = 8 * 1024 ** 2;

/** Levels of lists and objects within each other; records have fewer than ten. */
const deepest = 64;

/** Reads a JSON object and checks its schema; undefined where there is none. */
export async function getDocument<T>(
  objects: Objects,
  key: string,
  schema: z.ZodType<T>,
  atMost = longestDocument,
): Promise<Document<T> | undefined> {
  const found = await objects.get(key, atMost);
  if (found === undefined) return undefined;
  const { etag, content } = found;
  if (content !== undefined) return { etag, content, ...parseDocument(content, schema) };
  const problem = `it has ${found.bytes} bytes, more than the ${atMost} that are read`;
  return { etag, content, problem };
}

/** Reads JSON and checks its schema; says in words what is wrong with it. */
export function parseDocument<T>(content: Buffer, schema: z.ZodType<T>): Parsed<T> {
  const json = parseJson(content);
  if (json === undefined) return { problem: 'it is no valid JSON' };
  const problem = structureProblem(json);
  if (problem !== undefined) return { problem };
  const parsed = schema.safeParse(json);
  if (parsed.success) return { value: parsed.data };
  const issue = parsed.error.issues[0];
  return { problem: clipped(`${issue?.path.join('.') || 'document'}: ${issue?.message}`) };
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined;
  }
}

/** What no document has, and what schemas and canonical JSON do not get over. */
function structureProblem(json: unknown): string | undefined {
  let level = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return `it is nested more than ${deepest} levels deep`;
    const below: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (Object.hasOwn(value, '__proto__')) return 'it has a field __proto__';
      for (const item of Object.values(value)) below.push(item);
    }
    level = below;
  }
  return undefined;
}

/** A problem may quote what the document says: people get to see the beginning of it. */
const clipped = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
