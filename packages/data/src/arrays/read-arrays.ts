import { createHash } from 'node:crypto';
import { UserError } from '@atelier/errors';
import type { ArraysDescriptor } from '../formats/arrays.ts';
import type { FileContent, OfficialSet, OfficialSets } from '../formats/format.ts';
import { type ImageShape, imageAt, imageShape, imageSize, longestSide } from '../image-shape.ts';
import { setOfDigest } from '../set-of-digest.ts';
import { type ArrayFile, describeArray, type OpenArrays, type StoredArray } from './array-file.ts';
import { fileBytes, heldBytes } from './byte-source.ts';

/** Reads the sets that a descriptor's arrays hold. @throws UserError as {@link readSet} */
export async function readArrays(
  descriptor: ArraysDescriptor,
  file: FileContent,
  open: OpenArrays,
): Promise<OfficialSets> {
  const { where, mostHeld } = file;
  const { arrays, counts, classes, files } = descriptor;
  const { bytes } = files.data;
  const source =
    bytes > mostHeld
      ? fileBytes(file.held(), bytes)
      : heldBytes(await file.whole(bytes), { path: where, held: file.held });
  const opened = await open(source);
  const expected = { shape: imageShape(descriptor), classes: classes.length, mostHeld };
  const sets = await readSets(opened, arrays, expected, where);
  for (const set of ['train', 'test'] as const) {
    const found = sets[set].labels.length;
    if (counts === undefined || counts[set] === found) continue;
    throw new UserError({
      what: 'There are not as many images as the descriptor says.',
      where: `${where}, the images to ${set === 'train' ? 'learn from' : 'test with'}`,
      expected: `${counts[set]}`,
      found: `${found}`,
      remedy: 'correct counts in the descriptor, or import the file again',
      mendedBy: ['dataset'],
    });
  }
  return sets;
}

/** What arrays have to hold. */
export interface ExpectedArrays {
  shape: ImageShape;
  /** How many; labels are below it. */
  classes: number;
  /** Bytes of a set's images that are held; more of them are read as they are needed. */
  mostHeld: number;
}

/** Both sets: as their arrays say, or divided by the digests of images where there is one set. */
export async function readSets(
  file: ArrayFile,
  arrays: ArraysDescriptor['arrays'],
  expected: ExpectedArrays,
  where: string,
): Promise<OfficialSets> {
  const { trainImages, trainLabels } = arrays;
  const first = await readSet(file, { images: trainImages, labels: trainLabels }, expected, where);
  if ('testShare' in arrays) return divide(first, expected.shape, arrays.testShare);
  const { testImages, testLabels } = arrays;
  const names = { images: testImages, labels: testLabels };
  return { train: first, test: await readSet(file, names, expected, where) };
}

/** A set whose images are in memory, or in an array that is too large for it. */
type ReadSet = OfficialSet<Uint8Array | StoredArray>;

async function readSet(
  file: ArrayFile,
  names: { images: string; labels: string },
  { shape, classes, mostHeld }: ExpectedArrays,
  where: string,
): Promise<ReadSet> {
  const images = await arrayOf(file, names.images, where);
  const labels = await arrayOf(file, names.labels, where);
  const at = {
    images: `${where}, array ${names.images}`,
    labels: `${where}, array ${names.labels}`,
  };
  const [count] = images.shape;
  const found = imageShapeOf(images, at.images);
  if (String(Object.values(found)) !== String([shape.height, shape.width, shape.channels]))
    throw wrong({
      what: 'These images have another size than the others, or than the descriptor says.',
      where: at.images,
      expected: `u8 [n, ${shape.height}, ${shape.width}, ${shape.channels}]`,
      found: describeArray(images),
    });
  const values = await labelsOf(labels, classes, at.labels);
  if (values.length !== count)
    throw wrong({
      what: 'There are not as many labels as images.',
      where: `${at.labels}, ${names.images}`,
      expected: `${count} labels, one for each image`,
      found: `${values.length} labels`,
    });
  const isHeld = count! * imageSize(shape) <= mostHeld;
  return { images: isHeld ? await images.read() : images, labels: values, where: at };
}

/** What is said of an array. @throws UserError where there is none of this name */
export async function arrayOf(file: ArrayFile, name: string, where: string): Promise<StoredArray> {
  const array = await file.get(name)?.();
  if (array !== undefined) return array;
  throw wrong({
    what: 'An array is missing from this file.',
    where,
    expected: name,
    found: [...file.keys()].join(', ') || 'no array',
    remedy: 'correct arrays in the descriptor, or the file',
  });
}

/** @throws UserError where these cannot be images */
export function imageShapeOf(array: StoredArray, where: string): ImageShape {
  const { element, shape, columnMajor } = array;
  const [count = 0, height = 0, width = 0, channels = 1] = shape;
  const isImages = (shape.length === 3 || shape.length === 4) && (channels === 1 || channels === 3);
  if (element === 'u8' && isImages && !columnMajor && Math.min(count, height, width) > 0) {
    if (Math.max(height, width) <= longestSide) return { height, width, channels };
    throw wrong({
      what: 'These images are larger than images can be.',
      where,
      expected: `at most ${longestSide} rows and columns`,
      found: describeArray(array),
      remedy: 'make them smaller',
    });
  }
  throw wrong({
    what: 'This array does not hold images.',
    where,
    expected:
      'u8 [n, height, width] or [n, height, width, channels], with 1 channel or 3, in the order of C',
    found: `${describeArray(array)}${columnMajor ? ' in the order of Fortran' : ''}`,
    remedy: remedyFor(array),
  });
}

function remedyFor({ element, shape, columnMajor }: StoredArray): string {
  if (/^f\d/.test(element))
    return 'write the pixels as bytes: numpy.rint(255 * images).astype("uint8") where they are 0 to 1';
  if (/objects/.test(element))
    return 'write one array of bytes for images of one size, not a list of them; pickles are never read';
  if (columnMajor) return 'write numpy.ascontiguousarray(images)';
  const [, first, , last] = shape;
  if (shape.length === 4 && (first === 1 || first === 3))
    return 'put the channels last: images.transpose(0, 2, 3, 1)';
  if (last === 4) return 'leave the alpha channel out: images[..., :3]';
  return 'write the images as bytes, one after the other';
}

/**
 * Labels as bytes.
 * @throws UserError where the array does not hold one integer for each image, or one names no class
 */
async function labelsOf(array: StoredArray, classes: number, where: string): Promise<Uint8Array> {
  const { element, shape, bigEndian = false } = array;
  const [count = 0, each = 1] = shape;
  const [, sign, bits] = /^([ui])(8|16|32|64)$/.exec(element) ?? [];
  if (bits === undefined || shape.length < 1 || shape.length > 2 || each !== 1)
    throw wrong({
      what: 'This array does not hold labels.',
      where,
      expected: 'integers [n] (or [n, 1]), each the position of a class from 0 on',
      found: describeArray(array),
      remedy:
        element === 'text'
          ? 'write numbers: numpy.unique(labels, return_inverse=True)[1]'
          : each > 1
            ? 'write the position of the class: labels.argmax(1)'
            : 'write labels.astype("int64")',
    });
  const bytes = await array.read();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = Number(bits) / 8;
  const at = (i: number): number => {
    if (width === 1) return sign === 'u' ? view.getUint8(i) : view.getInt8(i);
    if (width === 2) return view.getInt16(2 * i, !bigEndian);
    if (width === 4) return view.getInt32(4 * i, !bigEndian);
    return Number(view.getBigInt64(8 * i, !bigEndian));
  };
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const value = at(i);
    if (value >= 0 && value < classes) labels[i] = value;
    else
      throw wrong({
        what: 'A label names no class.',
        where: `${where}, label ${i} (counted from 0)`,
        expected: `0 to ${classes - 1}`,
        found: `${value}`,
        remedy: 'number the classes from 0 on, or correct the descriptor',
      });
  }
  return labels;
}

/** An image stays where it is when others come, and copies of it go with it. */
async function divide(
  { images, labels, where }: ReadSet,
  shape: ImageShape,
  share: number,
): Promise<OfficialSets> {
  const size = imageSize(shape);
  const positions = { train: new Int32Array(labels.length), test: new Int32Array(labels.length) };
  const counts = { train: 0, test: 0 };
  let position = 0;
  for await (const sha256 of digestsOf(images, size)) {
    const set = setOfDigest(sha256, share);
    positions[set][counts[set]++] = position++;
  }
  // Decompressed once for both.
  let found: ReturnType<StoredArray['onDisk']> | undefined;
  const part = (which: 'train' | 'test'): OfficialSet => {
    const own = positions[which].subarray(0, counts[which]);
    const ownLabels = Uint8Array.from(own, (i) => labels[i]!);
    if (!(images instanceof Uint8Array)) {
      const onDisk: StoredArray['onDisk'] = (directory) => (found ??= images.onDisk(directory));
      return { images: { onDisk, positions: own }, labels: ownLabels, where };
    }
    const taken = new Uint8Array(own.length * size);
    for (const [at, i] of own.entries()) taken.set(imageAt(images, shape, i), size * at);
    return { images: taken, labels: ownLabels, where };
  };
  return { train: part('train'), test: part('test') };
}

/** The SHA-256 of every image. @param size bytes of an image */
async function* digestsOf(images: Uint8Array | StoredArray, size: number): AsyncGenerator<string> {
  let hash = createHash('sha256');
  let missing = size;
  for await (const piece of images instanceof Uint8Array ? [images] : images.pieces())
    for (let at = 0; at < piece.length; ) {
      const taken = piece.subarray(at, at + missing);
      hash.update(taken);
      at += taken.length;
      missing -= taken.length;
      if (missing > 0) continue;
      yield hash.digest('hex');
      hash = createHash('sha256');
      missing = size;
    }
}

const wrong = (failure: ConstructorParameters<typeof UserError>[0]): UserError =>
  new UserError({
    remedy: 'correct the descriptor (arrays, height, width, channels), or the file',
    ...failure,
    mendedBy: ['dataset'],
  });
