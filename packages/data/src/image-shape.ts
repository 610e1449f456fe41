import { z } from 'zod';

/** What an image is made of: rows, columns, and the values of each pixel. */
export interface ImageShape {
  height: number;
  width: number;
  /** 1: grey. 3: red, green and blue. */
  channels: number;
}

/** Rows or columns. */
export const longestSide = 65_535;

const side = z.int().min(1).max(longestSide);

/**
 * The fields of a document that holds a shape. Grey images have no `channels`, so that what was
 * written before there were others keeps its bytes and its fingerprint.
 */
export const imageShapeFields = {
  height: side,
  width: side,
  channels: z
    .union([z.literal(1), z.literal(3)], 'expected 1 (grey) or 3 (red, green, blue)')
    .transform((channels) => (channels === 1 ? undefined : channels))
    .optional(),
};

/** A shape as documents hold it. */
export interface StoredImageShape {
  height: number;
  width: number;
  channels?: number | undefined;
}

export const imageShape = ({ height, width, channels = 1 }: StoredImageShape): ImageShape => ({
  height,
  width,
  channels,
});

/** The fields of `imageShapeFields` for this shape. */
export const storedImageShape = ({ height, width, channels }: ImageShape) => ({
  height,
  width,
  ...(channels === 3 ? { channels: 3 as const } : {}),
});

/** Values of one image, a byte each: the features of a flattened one. */
export const imageSize = ({ height, width, channels = 1 }: StoredImageShape): number =>
  height * width * channels;

/** An image's dimensions in arrays and tensors: [height, width], and channels where there are more. */
export const imageDimensions = ({ height, width, channels }: ImageShape): number[] =>
  channels === 1 ? [height, width] : [height, width, channels];

/** Image number `position` of a row of them; a view, not a copy. */
export function imageAt(images: Uint8Array, shape: ImageShape, position: number): Uint8Array {
  const size = imageSize(shape);
  return images.subarray(position * size, (position + 1) * size);
}

/** For people: "28 × 28 pixels", "32 × 32 pixels in 3 channels". */
export const describeImageShape = ({ height, width, channels = 1 }: StoredImageShape): string =>
  `${height} × ${width} pixels${channels === 1 ? '' : ` in ${channels} channels`}`;

/** For people: "greyscale" or "colour". */
export const describeColours = ({ channels = 1 }: StoredImageShape): string =>
  channels === 1 ? 'greyscale' : 'colour';
