import { UserError } from '@atelier/errors';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '@atelier/safetensors';
import { type ImageShape, imageDimensions } from './image-shape.ts';

const splitNames = ['train', 'validation', 'test'] as const;
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
    labels.data.length !== n ||
    indices.data.length !== n
  )
    throw new UserError({
      what: 'This is not a split of a dataset.',
      where,
      expected:
        'images U8 [n, height, width] or [n, height, width, channels], labels U8 [n], indices I32 [n], named train, validation or test',
      found: `${Object.entries(tensors).map(describe).join(', ') || 'no tensors'}, named ${metadata.name}`,
    });
  return {
    name,
    shape: { height: height as number, width: width as number, channels },
    images: images.data,
    labels: labels.data,
    indices: indices.data,
  };
}

const describe = ([name, { dtype, shape }]: [string, Tensor]): string =>
  `${name} ${dtype} [${shape.join(', ')}]`;
