/**
 * Protocol Buffers' wire format, the writing half: a message is a list of encoded fields.
 * https://protobuf.dev/programming-guides/encoding/
 */
export type Field = Uint8Array;

const text = new TextEncoder();

function varintBytes(value: number | bigint): number[] {
  // Negative numbers are written as 64-bit two's complement.
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

function delimited(number: number, content: readonly Uint8Array[]): Field {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const head = [...varintBytes((number << 3) | 2), ...varintBytes(length)];
  const field = new Uint8Array(head.length + length);
  field.set(head);
  let at = head.length;
  for (const part of content) {
    field.set(part, at);
    at += part.length;
  }
  return field;
}

/** An int32, int64, bool or enum field. */
export const integer = (number: number, value: number | boolean): Field =>
  Uint8Array.from([...varintBytes(number << 3), ...varintBytes(Number(value))]);

/** A float field. */
export function float(number: number, value: number): Field {
  const field = new Uint8Array([(number << 3) | 5, 0, 0, 0, 0]);
  new DataView(field.buffer).setFloat32(1, value, true);
  return field;
}

/** A string or bytes field. */
export const bytes = (number: number, value: string | Uint8Array): Field =>
  delimited(number, [typeof value === 'string' ? text.encode(value) : value]);

/** A nested message. */
export const message = (number: number, fields: readonly Field[]): Field =>
  delimited(number, fields);

/** A packed repeated integer field. */
export const integers = (number: number, values: readonly (number | boolean)[]): Field =>
  bytes(number, Uint8Array.from(values.flatMap((value) => varintBytes(Number(value)))));

/** A packed repeated float field. */
export const floats = (number: number, values: readonly number[]): Field =>
  bytes(number, new Uint8Array(Float32Array.from(values).buffer));

/** A map<string, …> field: one entry for each key, the value being field 2 of its entry. */
export const map = (
  number: number,
  entries: Iterable<readonly [key: string, value: Field]>,
): Field[] => [...entries].map(([key, value]) => message(number, [bytes(1, key), value]));
