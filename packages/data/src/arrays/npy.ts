import { UserError } from '@atelier/errors';
import { bounded } from '@atelier/text';
import type { StoredArray } from './array-file.ts';

export interface NpyHeader extends Omit<StoredArray, 'read' | 'pieces' | 'onDisk'> {
  /** Bytes before the first element, and of all elements. */
  headerBytes: number;
  dataBytes: number;
}

/** Bytes of a header: NumPy itself reads no longer one. */
export const longestNpyHeader = 10_000 + 12;

/** Dimensions of an array: NumPy's own limit. */
const mostDimensions = 64;

/**
 * Reads what a .npy file says of its array. Objects, which NumPy stores as a pickle, are a program:
 * they are named as such and never read.
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, versions 1 to 3.
 * @param bytes the file's beginning: `longestNpyHeader` bytes, or all of it
 * @param where names the bytes' origin in errors
 * @throws UserError where the bytes are no such header
 */
export function parseNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  const fail = (expected: string, found: string): UserError =>
    new UserError({
      what: 'This is not a valid .npy array.',
      ...{ where, expected, found },
      remedy: 'write it again with numpy.savez or numpy.savez_compressed',
      mendedBy: ['dataset'],
    });
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString('latin1', 0, 6) !== '\x93NUMPY')
    throw fail('an array that begins with \\x93NUMPY', `${bytes.length} bytes of something else`);
  const version = buffer[6] ?? 0;
  if (version < 1 || version > 3) throw fail('version 1, 2 or 3', `version ${version}`);
  const begin = version === 1 ? 10 : 12;
  if (buffer.length < begin) throw fail(`a header of ${begin} bytes`, `${buffer.length} bytes`);
  const length = version === 1 ? buffer.readUInt16LE(8) : buffer.readUInt32LE(8);
  const headerBytes = begin + length;
  if (headerBytes > longestNpyHeader)
    throw fail(`a header of at most ${longestNpyHeader} bytes`, `${headerBytes} bytes`);
  if (headerBytes > buffer.length)
    throw fail(`a header of ${headerBytes} bytes`, `${buffer.length} bytes`);
  const text = buffer.toString(version === 3 ? 'utf8' : 'latin1', begin, headerBytes);
  const [, descr, order, dimensions] = headerText.exec(text) ?? [];
  if (descr === undefined || dimensions === undefined)
    throw fail("{'descr': …, 'fortran_order': …, 'shape': (…)}", bounded(text.trim(), 200));
  const shape = (dimensions.match(/\d+/g) ?? []).map(Number);
  if (shape.length > mostDimensions)
    throw fail(`at most ${mostDimensions} dimensions`, `${shape.length}`);
  const { element, width, bigEndian } = elementOf(descr);
  const dataBytes = shape.reduce((product, n) => product * n, width);
  if (!Number.isSafeInteger(dataBytes)) throw fail('an array of this world', `[${shape.join()}]`);
  return { element, bigEndian, shape, columnMajor: order === 'True', headerBytes, dataBytes };
}

/**
 * The dictionary that NumPy writes: its three keys in this order, as all versions of it have them. The
 * type is a string, or a list where elements have fields.
 */
const headerText =
  /^\{'descr': ('[^']{1,32}'|\[.*\]), 'fortran_order': (True|False), 'shape': \(((?:\d{1,16}, ?)*(?:\d{1,16},?)?)\), ?\} *\n?$/s;

const kinds: Record<string, string> = { u: 'u', i: 'i', f: 'f', c: 'complex ', b: 'bool ' };

/** @param descr a type as NumPy writes it: '<i8' is a little-endian integer of eight bytes */
function elementOf(descr: string): { element: string; width: number; bigEndian: boolean } {
  const [, order, kind = '', digits = '1'] = /^'([<>|=])([a-zA-Z])(\d{0,9})/.exec(descr) ?? [];
  const size = Number(digits);
  const bigEndian = order === '>';
  if (kind === 'O') return { element: 'Python objects (a pickle)', width: 0, bigEndian };
  if (kind === 'U') return { element: 'text', width: 4 * size, bigEndian };
  if (kind === 'S') return { element: 'text', width: size, bigEndian };
  const name = kinds[kind];
  if (name === undefined) return { element: `of type ${bounded(descr, 60)}`, width: 0, bigEndian };
  return { element: name === 'bool ' ? 'bool' : `${name}${8 * size}`, width: size, bigEndian };
}
