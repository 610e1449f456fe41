import { UserError } from '@atelier/errors';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsHeader,
  type Tensor,
} from '@atelier/safetensors';
import { z } from 'zod';
import { type ImageShape, imageDimensions } from './image-shape.ts';

/** `gate` is there only where a part of the official test set is held back for promotion. */
export const splitNames = ['train', 'validation', 'gate', 'test'] as const;
export type SplitName = (typeof splitNames)[number];

/** Labelled images, in the order of the official file they came from. */
export interface Split {
  name: SplitName;
  shape: ImageShape;
  /** [n, height, width], and channels where there are more than one; 0 to 255. */
  images: Uint8Array;
  /** [n], positions in the list of class names. */
  labels: Uint8Array;
  /** [n], each image's position in the official file. */
  indices: Int32Array;
}

/**
 * A split as safetensors: images U8 [n, height, width] or [n, height, width, channels], labels U8
 * [n], indices I32 [n].
 */
export function encodeSplit({ name, shape, images, labels, indices }: Split): Uint8Array {
  const n = labels.length;
  return encodeSafetensors({
    tensors: {
      images: { dtype: 'U8', shape: [n, ...imageDimensions(shape)], data: images },
      labels: { dtype: 'U8', shape: [n], data: labels },
      indices: { dtype: 'I32', shape: [n], data: indices },
    },
    metadata: { kind: 'split', name },
  });
}

/** Bytes of images from which on a split is in shards: no tensor on a device holds more. */
export const wholeSplitBytes = 2 ** 29;

const shardSchema = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().positive(),
  count: z.int().positive(),
});

/**
 * One of the files that hold a large split's images, `count` consecutive ones: it is a split of its
 * own, which {@link decodeSplit} reads.
 */
export type Shard = z.output<typeof shardSchema>;

const shardedKind = 'sharded split';
const shardedForm = z.object({
  name: z.enum(splitNames),
  shape: z.tuple([z.int().positive(), z.int().positive(), z.union([z.literal(1), z.literal(3)])]),
  shards: z.array(shardSchema).min(1),
});

/**
 * The head of a split whose images lie in shards, as safetensors: labels U8 [n], indices I32 [n],
 * and in its metadata the shards in their order, by digest.
 */
export function encodeShardedSplit(
  { name, shape, labels, indices }: Omit<Split, 'images'>,
  shards: readonly Shard[],
): Uint8Array {
  const n = labels.length;
  return encodeSafetensors({
    tensors: {
      labels: { dtype: 'U8', shape: [n], data: labels },
      indices: { dtype: 'I32', shape: [n], data: indices },
    },
    metadata: {
      ...{ kind: shardedKind, name },
      shape: JSON.stringify([shape.height, shape.width, shape.channels]),
      shards: JSON.stringify(shards),
    },
  });
}

/** A split whose images lie in shards, without them. */
export interface SplitHead extends Omit<Split, 'images'> {
  shards: Shard[];
}

/**
 * @param where names the bytes' origin in errors
 * @throws UserError where the bytes are neither a split nor the head of one
 */
export function decodeSplitOrHead(bytes: Uint8Array, where: string): Split | SplitHead {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const { name, shape, shards } = formOf({ tensors, metadata }, where);
  const { images, labels, indices } = tensors as Record<string, Tensor>;
  return {
    ...{ name, shape },
    ...(shards ? { shards } : { images: images!.data as Uint8Array }),
    labels: labels!.data as Uint8Array,
    indices: indices!.data as Int32Array,
  };
}

/**
 * @param where names the bytes' origin in errors
 * @throws UserError where the bytes are not a split, or only the head of one
 */
export function decodeSplit(bytes: Uint8Array, where: string): Split {
  const split = decodeSplitOrHead(bytes, where);
  if ('images' in split) return split;
  throw new UserError({
    what: 'The images of this split do not lie in its file.',
    where,
    expected: 'a split in one file',
    found: `the head of a split in ${split.shards.length} shards`,
  });
}

/** A split as its file's header describes it, without its images. */
export interface SplitHeader extends Pick<Split, 'name' | 'shape'> {
  /** How many images it has. */
  count: number;
  /** Where its images lie in other files; and otherwise where they lie in this one. */
  shards?: Shard[] | undefined;
  images?: { begin: number; end: number } | undefined;
  /** Where in the file its labels lie, a byte each, and its indices, four bytes each. */
  labels: { begin: number; end: number };
  indices: { begin: number; end: number };
}

/**
 * @param where names the file in errors
 * @throws UserError where the file is not a split
 */
export function splitHeader(header: SafetensorsHeader, where: string): SplitHeader {
  const { images, labels, indices } = header.tensors;
  return { ...formOf(header, where), images, labels: labels!, indices: indices! };
}

interface Form {
  tensors: Record<string, Pick<Tensor, 'dtype' | 'shape'>>;
  metadata: Record<string, string>;
}

function formOf(
  { tensors, metadata }: Form,
  where: string,
): Pick<SplitHeader, 'name' | 'shape' | 'count' | 'shards'> {
  if (metadata.kind === shardedKind) return formOfHead({ tensors, metadata }, where);
  const { images, labels, indices } = tensors;
  const name = splitNames.find((known) => known === metadata.name);
  const [n, height, width, channels = 1] = images?.shape ?? [];
  if (
    name === undefined ||
    images?.dtype !== 'U8' ||
    images.shape.length < 3 ||
    images.shape.length > 4 ||
    labels?.dtype !== 'U8' ||
    indices?.dtype !== 'I32' ||
    String(labels.shape) !== String(n) ||
    String(indices.shape) !== String(n)
  )
    throw new UserError({
      what: 'This is not a split of a dataset.',
      where,
      expected:
        'images U8 [n, height, width] or [n, height, width, channels], labels U8 [n], indices I32 [n], named train, validation, gate or test',
      found: `${Object.entries(tensors).map(describe).join(', ') || 'no tensors'}, named ${metadata.name}`,
    });
  const shape = { height: height as number, width: width as number, channels };
  return { name, shape, count: n as number };
}

function formOfHead({ tensors, metadata }: Form, where: string) {
  const { labels, indices } = tensors;
  const { data } = shardedForm.safeParse({
    name: metadata.name,
    shape: parsed(metadata.shape),
    shards: parsed(metadata.shards),
  });
  const count = data?.shards.reduce((sum, shard) => sum + shard.count, 0);
  if (
    data === undefined ||
    labels?.dtype !== 'U8' ||
    indices?.dtype !== 'I32' ||
    String(labels.shape) !== String([count]) ||
    String(indices.shape) !== String([count])
  )
    throw new UserError({
      what: 'This is not the head of a split in shards.',
      where,
      expected: 'labels U8 [n], indices I32 [n], a shape, and shards of n images together',
      found: `${Object.entries(tensors).map(describe).join(', ') || 'no tensors'}, named ${metadata.name}, of shape ${metadata.shape}, in shards of ${count ?? 'unknown'} images`,
    });
  const [height, width, channels] = data.shape;
  return {
    name: data.name,
    shape: { height, width, channels },
    count: count!,
    shards: data.shards,
  };
}

function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}

const describe = ([name, { dtype, shape }]: [string, Form['tensors'][string]]): string =>
  `${name} ${dtype} [${shape.join(', ')}]`;
