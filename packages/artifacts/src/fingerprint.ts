import { createHash } from 'node:crypto';

/** A value that JSON can hold; `undefined` fields are left out, as JSON.stringify does. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * JSON with sorted keys and no spaces, so that equal values give equal text
 * (RFC 8785 without its UTF-16 subtleties: keys are compared by code unit, numbers
 * are written as ECMAScript does).
 * @throws RangeError for NaN and infinities, which JSON would silently turn into null
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RangeError(`${value} has no canonical JSON`);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value as Record<string, Json | undefined>)
    .filter((entry): entry is [string, Json] => entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${entries.join(',')}}`;
}

/** Lowercase hex SHA-256 of bytes or UTF-8 text. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Names work by its inputs: SHA-256 of their canonical JSON. Equal fingerprint, same work. */
export function fingerprint(inputs: Json): string {
  return sha256(canonicalJson(inputs));
}
