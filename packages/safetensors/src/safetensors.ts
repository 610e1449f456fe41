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

/**
 * Decodes safetensors bytes; the tensors are copies.
 * @param where names the bytes' origin in errors
 * @throws UserError where the bytes are not a well-formed file of known element types
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): Safetensors {
  const fail = (expected: string, found: string) =>
    new UserError({ what: 'This is not a valid safetensors file.', where, expected, found });
  if (bytes.length < 8) throw fail('at least 8 bytes', `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > bytes.length - 8)
    throw fail(`a header of ${headerLength} bytes`, `a file of ${bytes.length} bytes`);
  const text = Buffer.from(bytes.subarray(8, 8 + headerLength)).toString();
  const { __metadata__: metadata, ...entries } = parseHeader(text, fail);
  checkLayout(entries, bytes.length - 8 - headerLength, fail);
  const decode = (name: string, { dtype, shape, data_offsets: [begin, end] }: Entry): Tensor => {
    if (!Object.hasOwn(arrayTypes, dtype)) throw fail(`${name} of F32, I32 or U8`, dtype);
    const arrayType = arrayTypes[dtype as DType];
    const length = product(shape) * arrayType.BYTES_PER_ELEMENT;
    if (end - begin !== length)
      throw fail(`${name} of ${length} bytes`, `bytes ${begin} to ${end}`);
    // Not bytes.slice(): a Buffer's shares memory instead of copying.
    const start = bytes.byteOffset + 8 + headerLength + begin;
    const data = new arrayType(bytes.buffer.slice(start, start + length) as ArrayBuffer);
    return { dtype, shape, data } as Tensor;
  };
  const tensors = Object.entries(entries).map(([name, entry]) => [name, decode(name, entry)]);
  return { tensors: Object.fromEntries(tensors), metadata };
}

type Fail = (expected: string, found: string) => UserError;

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
