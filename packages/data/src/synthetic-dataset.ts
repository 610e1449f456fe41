import { createHash } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { hash32, permutation, uniforms } from '@atelier/random';
import type { DatasetDescriptor } from './descriptor.ts';
import type { DatasetFile } from './formats/format.ts';
import { encodeIdx, encodeIdxHeader, parseIdx } from './formats/idx.ts';
import { type ImageShape, imageDimensions, imageSize, storedImageShape } from './image-shape.ts';

export interface SyntheticOptions {
  /** Where the files and the descriptor are written; made where it does not exist. */
  directory: string;
  /** Images of the official training and test sets. */
  train?: number;
  test?: number;
  classes?: number;
  height?: number;
  width?: number;
  /** 1: grey. 3: in colour, each colour with a pattern of its own. */
  channels?: 1 | 3;
  seed?: number;
  name?: string;
  /** How many of the test images are for validation; half by default. */
  validationCount?: number;
}

/** Streams of random numbers. */
const site = { pattern: 1, order: 2, brightness: 3, noise: 4, own: 5 } as const;
/** Rows and columns of black or white that a class pattern is interpolated from. */
const grid = 6;

/**
 * Writes a small IDX dataset for tests, and its descriptor, whose mirror is that folder. Every
 * class is a smooth pattern, symmetric so that a horizontal flip keeps it; its images differ in
 * brightness and noise. A small MLP learns them in a few epochs. Equal options give equal files.
 * @returns the path of the descriptor
 */
export async function syntheticDataset({
  directory,
  train = 600,
  test = 200,
  classes = 10,
  height = 28,
  width = 28,
  channels = 1,
  seed = 0,
  name = 'synthetic',
  validationCount = Math.floor(test / 2),
}: SyntheticOptions): Promise<string> {
  await mkdir(directory, { recursive: true });
  const shape: ImageShape = { height, width, channels };
  const patterns = Array.from({ length: classes }, (_, c) => pattern(shape, seed, c));
  const write = async (file: string, idx: Uint8Array): Promise<DatasetFile> => {
    const bytes = gzipSync(idx);
    await writeFile(join(directory, file), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { name: file, bytes: bytes.length, sha256 };
  };
  const part = async (prefix: string, count: number, firstImage: number) => {
    const labels = Uint8Array.from(
      permutation(count, seed, site.order, firstImage),
      (i) => i % classes,
    );
    const images = draw(patterns, labels, firstImage, seed);
    return {
      images: await write(
        `${prefix}-images-idx3-ubyte.gz`,
        encodeIdx([count, ...imageDimensions(shape)], images),
      ),
      labels: await write(`${prefix}-labels-idx1-ubyte.gz`, encodeIdx([count], labels)),
    };
  };
  const trainFiles = await part('train', train, 0);
  const testFiles = await part('test', test, train);
  const descriptor: DatasetDescriptor = {
    schemaVersion: 1,
    name,
    title: 'Synthetic patterns',
    classes: Array.from({ length: classes }, (_, c) => `pattern ${c}`),
    ...storedImageShape(shape),
    source: 'made by @atelier/data/testing',
    licence: 'MIT',
    mirrors: [pathToFileURL(directory).href],
    files: {
      trainImages: trainFiles.images,
      trainLabels: trainFiles.labels,
      testImages: testFiles.images,
      testLabels: testFiles.labels,
    },
    validationCount,
  };
  const path = join(directory, `${name}.json`);
  await writeFile(path, `${JSON.stringify(descriptor, null, 2)}\n`);
  return path;
}

/** An image of values from 0 to 1, bilinear between random zeros and ones, mirrored sideways. */
function pattern(shape: ImageShape, seed: number, label: number): Float64Array {
  const { height, width, channels } = shape;
  const values = uniforms(channels * grid * grid, seed, site.pattern, label).map(Math.round);
  const half = (width - 1) / 2 || 1;
  return Float64Array.from({ length: imageSize(shape) }, (_, value) => {
    const [i, channel] = [Math.floor(value / channels), value % channels];
    const at = (row: number, column: number): number =>
      values[(channel * grid + row) * grid + column] as number;
    const y = (Math.floor(i / width) / (height - 1 || 1)) * (grid - 1);
    const x = (Math.abs((i % width) - half) / half) * (grid - 1);
    const row = Math.min(Math.floor(y), grid - 2);
    const column = Math.min(Math.floor(x), grid - 2);
    const [v, u] = [y - row, x - column];
    const top = at(row, column) * (1 - u) + at(row, column + 1) * u;
    const bottom = at(row + 1, column) * (1 - u) + at(row + 1, column + 1) * u;
    return top * (1 - v) + bottom * v;
  });
}

/** Images of the labels' patterns, darkened and overlaid with noise. */
function draw(
  patterns: readonly Float64Array[],
  labels: Uint8Array,
  firstImage: number,
  seed: number,
): Uint8Array {
  const size = patterns[0]?.length ?? 0;
  const images = new Uint8ClampedArray(labels.length * size);
  labels.forEach((label, i) => {
    const [brightness = 0] = uniforms(1, seed, site.brightness, firstImage + i);
    const noise = uniforms(size, seed, site.noise, firstImage + i);
    for (let p = 0; p < size; p++)
      images[i * size + p] =
        255 *
        (0.8 * (0.5 + 0.5 * brightness) * (patterns[label]![p] as number) +
          0.4 * (noise[p] as number) -
          0.1);
  });
  return new Uint8Array(images.buffer);
}

export interface LargeSyntheticOptions {
  /** As of {@link SyntheticOptions}. */
  directory: string;
  /** Training images, in any number. */
  train: number;
  side?: number;
  seed?: number;
}

/** Images that others are made of, and those of the test set. */
const drawnImages = 4_096;
const largeTest = 10_000;

/**
 * Writes an IDX dataset of millions of grey images in seconds, where drawing each would take minutes,
 * and its descriptor: every training image is one of 4,096 drawn ones with eight pixels of its own.
 * @returns the path of the descriptor
 */
export async function largeSyntheticDataset({
  directory,
  train,
  side = 32,
  seed = 0,
}: LargeSyntheticOptions): Promise<string> {
  const name = 'large';
  const path = await syntheticDataset({
    ...{ directory, train: drawnImages, test: largeTest, height: side, width: side, seed, name },
  });
  const descriptor = JSON.parse(await readFile(path, 'utf8')) as DatasetDescriptor;
  const parts = descriptor.files as Record<'trainImages' | 'trainLabels', DatasetFile>;
  const elements = async ({ name }: DatasetFile): Promise<Uint8Array> =>
    parseIdx(gunzipSync(await readFile(join(directory, name))), name).data;
  const drawn = await elements(parts.trainImages);
  const labels = await elements(parts.trainLabels);
  const size = side * side;
  const images = await writeHashed(directory, 'train-images', function* () {
    yield encodeIdxHeader([train, side, side]);
    for (let i = 0; i < train; i += drawnImages) {
      const part = drawn.slice(0, Math.min(drawnImages, train - i) * size);
      const view = new DataView(part.buffer);
      // A number of its own in its first pixels, of which neighbours differ in every one.
      for (let k = 0; k * size < part.length; k++)
        for (const word of [0, 1])
          view.setUint32(k * size + 4 * word, hash32(seed, site.own, i + k, word));
      yield part;
    }
  });
  const own = await writeHashed(directory, 'train-labels', function* () {
    yield encodeIdxHeader([train]);
    for (let i = 0; i < train; i += drawnImages) yield labels.slice(0, train - i);
  });
  const files = { ...descriptor.files, trainImages: images, trainLabels: own };
  await writeFile(path, `${JSON.stringify({ ...descriptor, files }, null, 2)}\n`);
  return path;
}

async function writeHashed(
  directory: string,
  name: string,
  parts: () => Iterable<Uint8Array>,
): Promise<DatasetFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(join(directory, name), 'w');
  try {
    for (const part of parts()) {
      hash.update(part);
      bytes += part.length;
      await file.writeFile(part);
    }
  } finally {
    await file.close();
  }
  return { name, bytes, sha256: hash.digest('hex') };
}
