import { UserError } from '@atelier/errors';
import { z } from 'zod';
import { imageDimensions, imageShape, type StoredImageShape } from '../image-shape.ts';
import {
  checkLabels,
  type DatasetFormat,
  datasetFields,
  datasetFileSchema,
  datasetFiles,
  type FileContent,
  type OfficialSet,
  openFields,
  openFileSchema,
} from './format.ts';

const idxFields = <File extends z.ZodType<{ name: string }>>(file: File) => ({
  /** Most descriptors leave it out: IDX was once the only format. */
  format: z
    .literal('idx')
    .transform(() => undefined)
    .optional(),
  files: datasetFiles({
    trainImages: file,
    trainLabels: file,
    testImages: file,
    testLabels: file,
  }),
});

/** A dataset of labelled images in four IDX files. */
export const idxSchema = z.strictObject({ ...datasetFields, ...idxFields(datasetFileSchema) });

/** The same, of files that may be followed. */
export const openIdxSchema = z.strictObject({ ...openFields, ...idxFields(openFileSchema) });

export type IdxDescriptor = z.output<typeof idxSchema>;

export const idx: DatasetFormat<IdxDescriptor, keyof IdxDescriptor['files']> = {
  async read(descriptor, files) {
    const pairs = [
      { images: files.trainImages, labels: files.trainLabels },
      { images: files.testImages, labels: files.testLabels },
    ];
    for (const pair of pairs) await checkHeaders(descriptor, pair);
    // They are small, and tell of the images whether they can be used.
    const labels: Uint8Array[] = [];
    for (const pair of pairs) labels.push(await readLabels(descriptor, pair));
    const [train, test] = await Promise.all(
      pairs.map(async (pair, i) => ({
        images: await imagesOf(pair.images),
        labels: labels[i]!,
        where: { images: pair.images.where, labels: pair.labels.where },
      })),
    );
    return { train: train!, test: test! };
  },
};

type Pair = Record<'images' | 'labels', FileContent>;

/** Holds what both files announce against the descriptor and against each other. */
async function checkHeaders(shape: StoredImageShape, { images, labels }: Pair): Promise<void> {
  const count = await announcedCount(labels, 'labels', []);
  const imageCount = await announcedCount(images, 'images', imageDimensions(imageShape(shape)));
  if (count === imageCount) return;
  throw new UserError({
    what: 'There are not as many labels as images.',
    where: `${labels.where}, ${images.where}`,
    expected: `${imageCount} labels, one for each image`,
    found: `${count} labels`,
    remedy: 'check that both files belong together',
    mendedBy: ['dataset'],
  });
}

/** @param each the dimensions of one element, of which the file holds a row */
async function announcedCount(file: FileContent, kind: string, each: number[]): Promise<number> {
  const { where } = file;
  const { elementType, dimensions } = await headerOf(file);
  const [count, ...found] = dimensions;
  if (elementType === 'u8' && String(found) === String(each)) return count!;
  throw new UserError({
    what: `This IDX file does not hold the ${kind} that the descriptor describes.`,
    where,
    expected: `u8 [${['n', ...each].join(', ')}]`,
    found: `${elementType} [${dimensions.join(', ')}]`,
    remedy: 'correct the descriptor (files, height, width, channels), or the file',
    mendedBy: ['dataset'],
  });
}

async function readLabels({ classes }: IdxDescriptor, { labels }: Pair): Promise<Uint8Array> {
  const values = await elements(labels);
  checkLabels(values, classes, labels.where);
  return values;
}

/**
 * The images of a file, and how many they are.
 * @throws UserError where it holds anything else
 */
export async function readImages(
  shape: StoredImageShape,
  file: FileContent,
): Promise<{ count: number; images: OfficialSet['images'] }> {
  const count = await announcedCount(file, 'images', imageDimensions(imageShape(shape)));
  return { count, images: await imagesOf(file) };
}

/** All images of a file whose header was found right; where they are too many, where they lie. */
async function imagesOf(file: FileContent): Promise<OfficialSet['images']> {
  const { length, headerLength: offset } = await headerOf(file);
  if (length - offset <= file.mostHeld) return elements(file);
  return {
    onDisk: async (directory) => ({ file: await file.unpacked(length, directory), offset }),
  };
}

/** All elements of a file whose header was found right. */
async function elements(file: FileContent): Promise<Uint8Array> {
  const { length } = await headerOf(file);
  return parseIdx(await file.whole(length), file.where).data;
}

const headerOf = async (file: FileContent): Promise<IdxHeader> =>
  parseHeader(await file.beginning(longestHeader), file.where);

const elementTypes = {
  8: { name: 'u8', bytes: 1 },
  9: { name: 'i8', bytes: 1 },
  11: { name: 'i16', bytes: 2 },
  12: { name: 'i32', bytes: 4 },
  13: { name: 'f32', bytes: 4 },
  14: { name: 'f64', bytes: 8 },
} as const;

type ElementType = (typeof elementTypes)[keyof typeof elementTypes]['name'];

export interface IdxArray {
  elementType: ElementType;
  dimensions: number[];
  /** Row-major elements, big endian as in the file; a view of the parsed bytes, not a copy. */
  data: Uint8Array;
}

/** What an IDX file says of itself. */
interface IdxHeader {
  elementType: ElementType;
  dimensions: number[];
  /** Bytes of the header itself, and of the whole file. */
  headerLength: number;
  length: number;
}

const invalid = (where: string, expected: string, found: string): UserError =>
  new UserError({
    what: 'This is not a valid IDX file.',
    where,
    expected,
    found,
    remedy: 'check that the file is the one its publisher made',
    mendedBy: ['dataset'],
  });

/**
 * Parses an IDX file: two zero bytes, the element type, the number of dimensions, each dimension
 * as a big-endian u32, then exactly that many elements.
 * Source: "The IDX file format" on Yann LeCun's page of MNIST (http://yann.lecun.com/exdb/mnist/).
 * @param where names the bytes' origin in errors
 * @throws UserError where the bytes are anything else
 */
export function parseIdx(bytes: Uint8Array, where: string): IdxArray {
  const { elementType, dimensions, headerLength, length } = parseHeader(bytes, where);
  const size = length - headerLength;
  if (length !== bytes.length)
    throw invalid(
      where,
      `${size} bytes of ${elementType} [${dimensions.join(', ')}]`,
      `${bytes.length - headerLength} bytes`,
    );
  // Plain even where `bytes` is a Buffer, whose slice() would share memory instead of copying.
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + headerLength, size);
  return { elementType, dimensions, data };
}

/** @param bytes the beginning of the file, whole headers at least */
function parseHeader(bytes: Uint8Array, where: string): IdxHeader {
  const fail = (expected: string, found: string) => invalid(where, expected, found);
  if (bytes.length < 4) throw fail('at least 4 bytes', `${bytes.length} bytes`);
  const [zero0, zero1, type, rank] = bytes as unknown as [number, number, number, number];
  if (zero0 !== 0 || zero1 !== 0)
    throw fail('a magic number that begins with 00 00', `the bytes ${hex(bytes.subarray(0, 4))}`);
  const element = elementTypes[type as keyof typeof elementTypes];
  if (element === undefined)
    throw fail('an element type of 08, 09, 0b, 0c, 0d or 0e', hex(bytes.subarray(2, 3)));
  if (rank === 0) throw fail('at least one dimension', 'none');

  const header = headerLength(rank);
  if (bytes.length < header)
    throw fail(`a header of ${header} bytes`, `a file of ${bytes.length} bytes`);
  const dimensions = readDimensions(bytes, rank);
  if (dimensions.includes(0)) throw fail('no empty dimension', `[${dimensions.join(', ')}]`);
  const length = header + dataLength(dimensions, element);
  return { elementType: element.name, dimensions, headerLength: header, length };
}

const headerLength = (rank: number): number => 4 + 4 * rank;

/** The number of dimensions is a byte. */
const longestHeader = headerLength(255);

function readDimensions(bytes: Uint8Array, rank: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
}

const dataLength = (dimensions: readonly number[], element: { bytes: number }): number =>
  dimensions.reduce((product, n) => product * n, element.bytes);

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** An IDX file of bytes; `parseIdx` describes the format. */
export function encodeIdx(dimensions: readonly number[], data: Uint8Array): Uint8Array {
  const header = encodeIdxHeader(dimensions);
  const bytes = new Uint8Array(header.length + data.length);
  bytes.set(header);
  bytes.set(data, header.length);
  return bytes;
}

/** The beginning of an IDX file of bytes, after which they follow. */
export function encodeIdxHeader(dimensions: readonly number[]): Uint8Array {
  const header = new Uint8Array(headerLength(dimensions.length));
  header.set([0, 0, 8, dimensions.length]);
  const view = new DataView(header.buffer);
  dimensions.forEach((n, i) => {
    view.setUint32(4 + 4 * i, n);
  });
  return header;
}
