import { UserError } from '@atelier/errors';
import { z } from 'zod';

/** The element types that Atelier stores; the format knows more. */
type DType = 'F32' | 'I32' | 'U8';

interface Typed<T extends DType, A> {
  dtype: T;
  /** Row-major; the empty shape is a scalar. */
  shape: readonly number[];
  data: A;
}

export type Tensor =
  | Typed<'F32', Float32Array>
  | Typed<'I32', Int32Array>
  | Typed<'U8', Uint8Array>;

export interface Safetensors {
  tensors: Record<string, Tensor>;
  metadata: Record<string, string>;
}

const arrayTypes = { F32: Float32Array, I32: Int32Array, U8: Uint8Array } as const;

/** Bits of an element of each type that the format knows. */
const elementBits: Record<string, number> = {
  ...{ BOOL: 8, U8: 8, I8: 8, F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8 },
  ...{ U16: 16, I16: 16, F16: 16, BF16: 16, U32: 32, I32: 32, F32: 32 },
  ...{ U64: 64, I64: 64, F64: 64, C64: 64 },
};

/** Where in a file a tensor lies: `begin` and `end` count bytes from its beginning. */
interface Place<T extends string> {
  dtype: T;
  shape: readonly number[];
  begin: number;
  end: number;
}

/** A file's header: where in the file each tensor lies, and what it is. */
export interface SafetensorsHeader<T extends string = DType> {
  tensors: Record<string, Place<T>>;
  metadata: Record<string, string>;
}

const count = z.int().min(0);

/** A file may come from anywhere: offsets outside of it would read other memory. */
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(count),
  data_offsets: z.tuple([count, count]),
});

const headerSchema = z
  .object({ __metadata__: z.record(z.string(), z.string()).default({}) })
  .catchall(entrySchema);

type Entry = z.output<typeof entrySchema>;
type Header = z.output<typeof headerSchema>;

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * Encodes tensors in the safetensors format (https://github.com/huggingface/safetensors):
 * header length as u64, JSON header padded with spaces to 8 bytes, then the data, little endian.
 * The bytes depend only on the argument: names are sorted, wider types come first so that
 * every tensor is aligned.
 */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array {
  const names = Object.keys(tensors).sort(
    (a, b) => width(tensors[b] as Tensor) - width(tensors[a] as Tensor) || (a < b ? -1 : 1),
  );
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = sorted(metadata);
  let offset = 0;
  for (const name of names) {
    const { dtype, shape, data } = tensors[name] as Tensor;
    if (data.length !== product(shape))
      throw new RangeError(`${name}: shape [${shape}] does not hold ${data.length} elements`);
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(json, 8);
  let position = 8 + headerLength;
  for (const name of names) {
    const { data } = tensors[name] as Tensor;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

type Fail = (expected: string, found: string) => UserError;

const failure =
  (where: string): Fail =>
  (expected, found) =>
    new UserError({ what: 'This is not a valid safetensors file.', where, expected, found });

/**
 * How many bytes from its beginning a file's header takes.
 * @param start the file's first 8 bytes, or more
 * @param fileBytes the length of the whole file
 * @throws UserError where no file of this length begins like this
 */
export function safetensorsHeaderLength(
  start: Uint8Array,
  fileBytes: number,
  where: string,
): number {
  const fail = failure(where);
  if (start.length < 8) throw fail('at least 8 bytes', `${fileBytes} bytes`);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > fileBytes - 8)
    throw fail(`a header of ${length} bytes`, `a file of ${fileBytes} bytes`);
  return 8 + length;
}

/**
 * Reads the header alone, which says what a file holds without its data.
 * @param start the file's bytes to the end of its header, or more
 * @param fileBytes the length of the whole file
 * @param where names the bytes' origin in errors
 * @throws UserError where these do not begin a well-formed file of the element types that Atelier stores
 */
export function decodeSafetensorsHeader(
  start: Uint8Array,
  fileBytes: number,
  where: string,
): SafetensorsHeader {
  const { tensors, metadata } = safetensorsPlaces(start, fileBytes, where);
  for (const [name, { dtype }] of Object.entries(tensors))
    if (!Object.hasOwn(arrayTypes, dtype)) throw failure(where)(`${name} of F32, I32 or U8`, dtype);
  return { tensors: tensors as SafetensorsHeader['tensors'], metadata };
}

/**
 * The same of a file of any element types.
 * @throws UserError where these do not begin a well-formed file
 */
export function safetensorsPlaces(
  start: Uint8Array,
  fileBytes: number,
  where: string,
): SafetensorsHeader<string> {
  const fail = failure(where);
  const length = safetensorsHeaderLength(start, fileBytes, where);
  if (length > start.length) throw fail(`a header of ${length} bytes`, `${start.length} bytes`);
  const text = Buffer.from(start.subarray(8, length)).toString();
  const { __metadata__: metadata, ...entries } = parseHeader(text, fail);
  checkLayout(entries, fileBytes - length, fail);
  const place = ([name, entry]: [string, Entry]): [string, Place<string>] => {
    const { dtype, shape, data_offsets } = entry;
    const [begin, end] = data_offsets;
    if (!Object.hasOwn(elementBits, dtype)) throw fail(`${name} of a type of the format`, dtype);
    const bytes = (product(shape) * elementBits[dtype]!) / 8;
    if (end - begin !== bytes) throw fail(`${name} of ${bytes} bytes`, `bytes ${begin} to ${end}`);
    return [name, { dtype, shape, begin: length + begin, end: length + end }];
  };
  return { tensors: Object.fromEntries(Object.entries(entries).map(place)), metadata };
}

/**
 * Decodes safetensors bytes; the tensors are copies.
 * @param where names the bytes' origin in errors
 * @throws UserError where the bytes are not a well-formed file of known element types
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): Safetensors {
  const { tensors, metadata } = decodeSafetensorsHeader(bytes, bytes.length, where);
  const decode = ({ dtype, shape, begin, end }: SafetensorsHeader['tensors'][string]): Tensor => {
    // Not bytes.slice(): a Buffer's shares memory instead of copying.
    const content = bytes.buffer.slice(bytes.byteOffset + begin, bytes.byteOffset + end);
    return { dtype, shape, data: new arrayTypes[dtype](content as ArrayBuffer) } as Tensor;
  };
  const decoded = Object.entries(tensors).map(([name, place]) => [name, decode(place)]);
  return { tensors: Object.fromEntries(decoded), metadata };
}

/**
 * The format wants every byte in one tensor and no more. What overlaps could come out of a small
 * file many times over.
 */
function checkLayout(entries: Record<string, Entry>, length: number, fail: Fail): void {
  let end = 0;
  const inOrder = Object.entries(entries).sort(([, a], [, b]) => compareOffsets(a, b));
  for (const [name, { data_offsets }] of inOrder) {
    const [begin, next] = data_offsets;
    if (begin !== end) throw fail(`${name} from byte ${end} on`, `from byte ${begin} on`);
    end = next;
  }
  if (end !== length) throw fail(`${end} bytes of tensors`, `${length} bytes`);
}

function parseHeader(text: string, fail: Fail): Header {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw fail('a JSON header', 'something else');
  }
  const { data, error } = headerSchema.safeParse(header);
  if (data !== undefined) return data;
  const { path, message } = error.issues[0]!;
  throw fail(
    'a header with dtype, shape and data_offsets of each tensor',
    `${path.join('.') || 'header'}: ${message}`,
  );
}

const compareOffsets = (a: Entry, b: Entry): number =>
  a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1];

const width = ({ dtype }: Tensor): number => arrayTypes[dtype].BYTES_PER_ELEMENT;

const sorted = (record: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
