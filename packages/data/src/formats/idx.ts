import { UserError } from '@atelier/errors';
import { z } from 'zod';
import { imageDimensions, imageShape, type StoredImageShape } from '../image-shape.ts';
import {
  type DatasetFormat,
  datasetFields,
  datasetFileSchema,
  datasetFiles,
  type FileContent,
  type OfficialSet,
} from './format.ts';

/** A dataset of labelled images in four IDX files. */
export const idxSchema = z.strictObject({
  ...datasetFields,
  /** Most descriptors leave it out: IDX was once the only format. */
  format: z
    .literal('idx')
    .transform(() => undefined)
    .optional(),
  files: datasetFiles({
    trainImages: datasetFileSchema,
    trainLabels: datasetFileSchema,
    testImages: datasetFileSchema,
    testLabels: datasetFileSchema,
  }),
});

export type IdxDescriptor = z.output<typeof idxSchema>;

export const idx: DatasetFormat<IdxDescriptor, keyof IdxDescriptor['files']> = {
  announcedLength,
  read: (descriptor, files) => ({
    train: officialSet(descriptor, files.trainImages, files.trainLabels),
    test: officialSet(descriptor, files.testImages, files.testLabels),
  }),
};

function officialSet(
  shape: StoredImageShape,
  images: FileContent,
  labels: FileContent,
): OfficialSet {
  return {
    images: elements(images, 'images', imageDimensions(imageShape(shape))),
    labels: elements(labels, 'labels', []),
    where: { images: images.where, labels: labels.where },
  };
}

/** @param each the dimensions of one element, of which the file holds a row */
function elements({ bytes, where }: FileContent, kind: string, each: number[]): Uint8Array {
  const { elementType, dimensions, data } = parseIdx(bytes, where);
  const [count, ...found] = dimensions;
  if (elementType === 'u8' && String(found) === String(each)) return data;
  throw new UserError({
    what: `This IDX file does not hold the ${kind} that the descriptor describes.`,
    where,
    expected: `u8 [${['n', ...each].join(', ')}]`,
    found: `${elementType} [${[count, ...found].join(', ')}]`,
    remedy: 'correct the descriptor (files, height, width, channels), or the file',
    mendedBy: ['dataset'],
  });
}

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

/**
 * Parses an IDX file: two zero bytes, the element type, the number of dimensions, each dimension
 * as a big-endian u32, then exactly that many elements.
 * Source: "The IDX file format" on Yann LeCun's page of MNIST (http://yann.lecun.com/exdb/mnist/).
 * @param where names the bytes' origin in errors
 * @throws UserError where the bytes are anything else
 */
export function parseIdx(bytes: Uint8Array, where: string): IdxArray {
  const fail = (expected: string, found: string) =>
    new UserError({
      what: 'This is not a valid IDX file.',
      where,
      expected,
      found,
      remedy: 'check that the file is the one its publisher made',
      mendedBy: ['dataset'],
    });
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
  const size = dataLength(dimensions, element);
  if (size !== bytes.length - header)
    throw fail(
      `${size} bytes of ${element.name} [${dimensions.join(', ')}]`,
      `${bytes.length - header} bytes`,
    );
  // Plain even where `bytes` is a Buffer, whose slice() would share memory instead of copying.
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + header, size);
  return { elementType: element.name, dimensions, data };
}

/** The length that a whole file has by its header; undefined where this is not the beginning of one. */
function announcedLength(start: Uint8Array): number | undefined {
  const [zero0, zero1, type, rank = 0] = start;
  const element = elementTypes[type as keyof typeof elementTypes];
  const header = headerLength(rank);
  if (zero0 !== 0 || zero1 !== 0 || element === undefined || start.length < header)
    return undefined;
  return header + dataLength(readDimensions(start, rank), element);
}

const headerLength = (rank: number): number => 4 + 4 * rank;

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
  const header = headerLength(dimensions.length);
  const bytes = new Uint8Array(header + data.length);
  bytes.set([0, 0, 8, dimensions.length]);
  const view = new DataView(bytes.buffer);
  dimensions.forEach((n, i) => {
    view.setUint32(4 + 4 * i, n);
  });
  bytes.set(data, header);
  return bytes;
}
