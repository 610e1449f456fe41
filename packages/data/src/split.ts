import { UserError } from '@atelier/errors';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsHeader,
  type Tensor,
} from '@atelier/safetensors';
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

/**
 * @param where names the bytes' origin in errors
 * @throws UserError where the bytes are not a split
 */
export function decodeSplit(bytes: Uint8Array, where: string): Split {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const { name, shape } = formOf({ tensors, metadata }, where);
  const { images, labels, indices } = tensors as Record<string, Tensor>;
  return {
    name,
    shape,
    images: images!.data as Uint8Array,
    labels: labels!.data as Uint8Array,
    indices: indices!.data as Int32Array,
  };
}

/** A split as its file's header describes it, without its images. */
export interface SplitHeader extends Pick<Split, 'name' | 'shape'> {
  /** How many images it has. */
  count: number;
  /** Where in the file its labels lie, a byte each, and its indices, four bytes each. */
  labels: { begin: number; end: number };
  indices: { begin: number; end: number };
}

/**
 * @param where names the file in errors
 * @throws UserError where the file is not a split
 */
export function splitHeader(header: SafetensorsHeader, where: string): SplitHeader {
  const { labels, indices } = header.tensors;
  return { ...formOf(header, where), labels: labels!, indices: indices! };
}

interface Form {
  tensors: Record<string, Pick<Tensor, 'dtype' | 'shape'>>;
  metadata: Record<string, string>;
}

function formOf(
  { tensors, metadata }: Form,
  where: string,
): Pick<SplitHeader, 'name' | 'shape' | 'count'> {
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

const describe = ([name, { dtype, shape }]: [string, Form['tensors'][string]]): string =>
  `${name} ${dtype} [${shape.join(', ')}]`;
