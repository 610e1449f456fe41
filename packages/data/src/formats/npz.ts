import { UserError } from '@atelier/errors';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { type ArrayFile, plainView, type StoredArray } from '../arrays/array-file.ts';
import { longestNpyHeader, type NpyHeader, parseNpyHeader } from '../arrays/npy.ts';
import { readArrays } from '../arrays/read-arrays.ts';
import type { ArraysDescriptor } from './arrays.ts';
import type { DatasetFormat } from './format.ts';

/** NumPy's .npz: a zip file of an array in each entry. */
export const npz: DatasetFormat<ArraysDescriptor, 'data'> = {
  read: (descriptor, files) => readArrays(descriptor, files.data, openNpz),
};

/** Bytes that one of deflate can stand for (https://zlib.net/zlib_tech.html), and some to spare. */
const densest = 1040;
/** Of one array: what Node holds in one piece on every machine. */
const longest = 2 ** 32;
const mostEntries = 10_000;

/**
 * Opens a .npz file. Entries are only ever arrays in memory, so that their names lead nowhere; what one
 * decompresses to is what its header and the archive announce, or an error.
 * @throws UserError where it is no zip file, or a name is in it twice
 */
export async function openNpz(bytes: Uint8Array, where: string): Promise<ArrayFile> {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const arrays: ArrayFile = new Map();
  const invalid = (error: unknown, at = where): Error =>
    error instanceof UserError ? error : wrong(at, 'an archive of .npy arrays', said(error), error);
  try {
    const zip = await fromBufferPromise(archive);
    if (zip.entryCount > mostEntries)
      throw wrong(where, `at most ${mostEntries} arrays`, `${zip.entryCount}`);
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName.replace(/\.npy$/, '');
      if (arrays.has(name)) throw wrong(where, 'every array once', `${name} twice`);
      const at = `${where}, array ${name}`;
      arrays.set(name, () =>
        openEntry(zip, entry, at).catch((error) => {
          throw invalid(error, at);
        }),
      );
    }
  } catch (error) {
    throw invalid(error);
  }
  return arrays;
}

async function openEntry(zip: ZipFile, entry: Entry, where: string): Promise<StoredArray> {
  const { compressedSize, uncompressedSize: size } = entry;
  if (size > longest || size > (compressedSize + 1) * densest)
    throw wrong(where, `no more than ${compressedSize} bytes can stand for`, `${size} bytes`);
  const header = parseNpyHeader(await inflate(zip, entry, Math.min(size, longestNpyHeader)), where);
  return { ...header, read: () => elementsOf(zip, entry, header, where) };
}

async function elementsOf(
  zip: ZipFile,
  entry: Entry,
  { headerBytes, dataBytes }: NpyHeader,
  where: string,
): Promise<Uint8Array> {
  const size = headerBytes + dataBytes;
  if (size !== entry.uncompressedSize)
    throw wrong(where, `${size} bytes, as its shape says`, `${entry.uncompressedSize} bytes`);
  const content = await inflate(zip, entry, size).catch((error) => {
    throw wrong(where, `${size} bytes`, said(error), error);
  });
  return plainView(content, headerBytes, size);
}

/** The first bytes of an entry. */
async function inflate(zip: ZipFile, entry: Entry, length: number): Promise<Uint8Array> {
  const content = new Uint8Array(length);
  let size = 0;
  const stream = await zip.openReadStreamPromise(entry);
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    content.set(chunk.subarray(0, length - size), size);
    size += Math.min(chunk.length, length - size);
    // To the very end where all of it is wanted: only there is its checksum compared.
    if (size === length && length < entry.uncompressedSize) break;
  }
  if (size < length) throw wrong('', `${length} bytes`, `${size} bytes`);
  return content;
}

const said = (error: unknown): string => (error as Error).message;

const wrong = (where: string, expected: string, found: string, cause?: unknown): UserError =>
  new UserError(
    {
      what: 'This is not a valid .npz file.',
      ...{ where, expected, found },
      remedy: 'write it again with numpy.savez or numpy.savez_compressed',
      mendedBy: ['dataset'],
    },
    { cause },
  );
