import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import type { ArrayFile, StoredArray } from '../arrays/array-file.ts';
import type { ByteSource } from '../arrays/byte-source.ts';
import { longestNpyHeader, type NpyHeader, parseNpyHeader } from '../arrays/npy.ts';
import { readArrays } from '../arrays/read-arrays.ts';
import { ownFile } from '../read-file.ts';
import type { ArraysDescriptor } from './arrays.ts';
import type { DatasetFormat, PlaceOnDisk } from './format.ts';

/** NumPy's .npz: a zip file of an array in each entry. */
export const npz: DatasetFormat<ArraysDescriptor, 'data'> = {
  read: (descriptor, files) => readArrays(descriptor, files.data, openNpz),
};

/** Bytes that one of deflate can stand for (https://zlib.net/zlib_tech.html), and some to spare. */
const densest = 1040;
/** Bytes of an array that is read in one piece: what Node holds so on every machine. */
const longest = 2 ** 32;
const mostEntries = 10_000;

/**
 * Opens a .npz file (zip64, too, as NumPy writes what is large). The names of entries are never those of
 * files; what one decompresses to is what its header and the archive announce, or an error.
 * @throws UserError where it is no zip file, or a name is in it twice
 */
export async function openNpz(source: ByteSource): Promise<ArrayFile> {
  const { path: where, size } = source;
  const arrays: ArrayFile = new Map();
  const invalid = (error: unknown, at = where): Error =>
    error instanceof UserError ? error : wrong(at, 'an archive of .npy arrays', said(error), error);
  try {
    const zip = await fromRandomAccessReaderPromise(new Archive(source), size, {
      autoClose: false,
    });
    if (zip.entryCount > mostEntries)
      throw wrong(where, `at most ${mostEntries} arrays`, `${zip.entryCount}`);
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName.replace(/\.npy$/, '');
      if (arrays.has(name)) throw wrong(where, 'every array once', `${name} twice`);
      const at = `${where}, array ${name}`;
      arrays.set(name, () =>
        openEntry({ zip, entry, source, where: at }).catch((error) => {
          throw invalid(error, at);
        }),
      );
    }
  } catch (error) {
    throw invalid(error);
  }
  return arrays;
}

/** What yauzl reads of the file: any part of it, and nothing stays open. */
class Archive extends RandomAccessReader {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return this.#source.stream(start, end);
  }
}

/** An entry of an archive. */
interface Packed {
  zip: ZipFile;
  entry: Entry;
  /** The archive. */
  source: ByteSource;
  /** The array, for errors. */
  where: string;
}

async function openEntry(packed: Packed): Promise<StoredArray> {
  const { entry, where } = packed;
  const { compressedSize, uncompressedSize: size } = entry;
  if (size > (compressedSize + 1) * densest)
    throw wrong(where, `no more than ${compressedSize} bytes can stand for`, `${size} bytes`);
  const header = parseNpyHeader(await beginning(packed, Math.min(size, longestNpyHeader)), where);
  return {
    ...header,
    read: () => elementsOf(packed, header),
    pieces: () => piecesOf(packed, header),
    onDisk: (directory) => unpacked(packed, header, directory),
  };
}

async function elementsOf(packed: Packed, header: NpyHeader): Promise<Uint8Array> {
  const { dataBytes } = header;
  if (dataBytes > longest)
    throw wrong(packed.where, `at most ${longest} bytes`, `${dataBytes} bytes`);
  checkSize(packed, header);
  const elements = new Uint8Array(dataBytes);
  let at = 0;
  for await (const piece of piecesOf(packed, header)) {
    elements.set(piece, at);
    at += piece.length;
  }
  return elements;
}

/** Elements as they are decompressed; at their end the checksum is compared, which yauzl leaves out. */
async function* piecesOf(packed: Packed, header: NpyHeader): AsyncGenerator<Uint8Array> {
  checkSize(packed, header);
  const { zip, entry, source, where } = packed;
  const { headerBytes, dataBytes } = header;
  const size = headerBytes + dataBytes;
  let done = 0;
  let checksum = 0;
  try {
    const stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      checksum = crc32(chunk, checksum);
      const piece = chunk.subarray(Math.min(chunk.length, Math.max(0, headerBytes - done)));
      done += chunk.length;
      if (piece.length > 0) yield piece;
    }
  } catch (error) {
    throw wrong(where, `${size} bytes`, said(error), error);
  }
  if (done < size) throw wrong(where, `${size} bytes`, `${done} bytes`);
  source.check();
  const shown = (crc: number): string => `CRC-32 ${crc.toString(16).padStart(8, '0')}`;
  if (checksum !== entry.crc32) throw wrong(where, shown(entry.crc32), shown(checksum));
}

/** Where the elements lie in a file: in the archive itself, unless they are compressed there. */
async function unpacked(
  packed: Packed,
  header: NpyHeader,
  directory: string,
): Promise<PlaceOnDisk> {
  const { zip, entry, source } = packed;
  checkSize(packed, header);
  if (entry.compressionMethod === 0) {
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    return { file: source.held(), offset: fileDataStart + header.headerBytes };
  }
  const to = join(directory, `array-${entry.relativeOffsetOfLocalHeader}.unpacked`);
  const file = await open(to, 'w').catch((error) => {
    throw fileFailure(error, to);
  });
  try {
    for await (const piece of piecesOf(packed, header))
      await file.writeFile(piece).catch((error) => {
        throw fileFailure(error, to);
      });
  } finally {
    await file.close();
  }
  return { file: ownFile(to), offset: 0 };
}

function checkSize({ entry, where }: Packed, { headerBytes, dataBytes }: NpyHeader): void {
  const size = headerBytes + dataBytes;
  if (size !== entry.uncompressedSize)
    throw wrong(where, `${size} bytes, as its shape says`, `${entry.uncompressedSize} bytes`);
}

/** The first bytes of an entry. */
async function beginning({ zip, entry, where }: Packed, length: number): Promise<Uint8Array> {
  const content = new Uint8Array(length);
  let size = 0;
  const stream = await zip.openReadStreamPromise(entry);
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    content.set(chunk.subarray(0, length - size), size);
    size += Math.min(chunk.length, length - size);
    if (size === length) break;
  }
  if (size < length) throw wrong(where, `${length} bytes`, `${size} bytes`);
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
