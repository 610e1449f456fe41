import { z } from 'zod';
import { imageShapeFields } from './image-shape.ts';

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const splitName = z.enum(['train', 'validation', 'gate', 'test']);

/** Of each split; `gate` is absent where nothing is held back for promotion. */
const perSplit = <T extends z.ZodType>(value: T) =>
  z.object({ train: value, validation: value, gate: value.exactOptional(), test: value });

const sourceFile = z.object({ name: z.string(), bytes: count, sha256 });

/** An image, by its split and its position in the official file. */
const imageSchema = z.object({ split: splitName, index: count, label: count });

/** Images of the second split of each pair, by what they have to do with one of the first. */
const acrossSchema = z.object({
  trainValidation: count,
  trainTest: count,
  validationTest: count,
  trainGate: count.exactOptional(),
  validationGate: count.exactOptional(),
  gateTest: count.exactOptional(),
});

const pictureSize = z.object({ height: z.int().positive(), width: z.int().positive() });
const pictureSchema = imageSchema.extend({ path: z.string() });

const picturesSchema = z.object({
  /** Files that were left out, and the first of them, at most 20. */
  leftOut: z.object({
    count,
    examples: z.array(z.object({ path: z.string(), why: z.string() })),
  }),
  /** How many there are of each kind, such as "JPEG CMYK". */
  kinds: z.record(z.string(), count),
  /** Of the fewest and of the most pixels; and how many were smaller than what they became. */
  sizes: z.object({ smallest: pictureSize, largest: pictureSize, enlarged: count }),
  /** Pictures that look like one of an earlier split, but are not equal to it. */
  nearDuplicates: z.object({
    across: acrossSchema,
    /** The first of them, at most 20, each after what it looks like. */
    examples: z.array(z.tuple([pictureSchema, pictureSchema])),
  }),
});

/** What the data contract found. Findings are reported; nothing is dropped from the data. */
const contractSchema = z.object({
  /** Images per class: the fewest, the most, and the names of classes without any. */
  classBalance: perSplit(
    z.object({ smallest: count, largest: count, emptyClasses: z.array(z.string()) }),
  ),
  /** Sets of images that are equal in every pixel. */
  duplicates: z.object({
    groups: count,
    /** Images equal to an earlier one of the same split. */
    within: perSplit(count),
    /** Images of the second split that also occur in the first. */
    across: acrossSchema,
    /** Groups whose images do not all carry the same label. */
    conflictingLabels: count,
    /** The first groups, at most 20. */
    examples: z.array(z.array(imageSchema)),
  }),
  /** Images whose pixels are all equal, and the first of them, at most 20. */
  constantImages: perSplit(count).extend({ examples: z.array(imageSchema) }),
  /** Of a folder of pictures: what is known of them besides their pixels. */
  pictures: picturesSchema.optional(),
});

export type DataContract = z.infer<typeof contractSchema>;

const ofColours = <T extends z.ZodType>(value: T) => z.union([value, z.array(value).length(3)]);

/**
 * Mean and population standard deviation of the training pixels divided by 255: in colour one of red,
 * green and blue each, in that order. (Earlier versions took the three together.)
 */
export const normalisationSchema = z.object({
  mean: ofColours(z.number().min(0).max(1)),
  std: ofColours(z.number().positive()),
});

/** The manifest of a prepared dataset: all that is known of it except the pixels. */
export const preparedDatasetSchema = z.object({
  schemaVersion: z.literal(1),
  name: z.string(),
  title: z.string(),
  classes: z.array(z.string().min(1)).min(2).max(256),
  ...imageShapeFields,
  source: z.string(),
  licence: z.string(),
  /** The verified files that the splits were made of, by the part that each plays. */
  sources: z.record(z.string(), sourceFile),
  splitSeed: count,
  /** The official set that validation is a part of: the test set, unless it says otherwise. */
  validationFrom: z.literal('train').optional(),
  /**
   * Which images of that set are in validation, and which in the gate split, where there is one; the
   * others are the split of its name: base64 of a bit for each image, in the official order, the
   * lowest bit of a byte first.
   */
  validationMembers: z.base64(),
  gateMembers: z.base64().exactOptional(),
  normalisation: normalisationSchema,
  splits: perSplit(z.object({ count, classCounts: z.array(count) })),
  contract: contractSchema,
});

export type PreparedDataset = z.infer<typeof preparedDatasetSchema>;

/**
 * A set of positions below `count` as base64 of one bit for each, the lowest bit of a byte first.
 * Ten thousand positions take 1,668 characters, where their list would take 25 kB of JSON.
 */
export function encodeMembership(positions: Int32Array, count: number): string {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (const i of positions) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
  return Buffer.from(bits).toString('base64');
}

/** The positions of a set that `encodeMembership` wrote, ascending. */
export function decodeMembership(text: string): Int32Array {
  const bits = Buffer.from(text, 'base64');
  const all = Int32Array.from({ length: bits.length * 8 }, (_, i) => i);
  return all.filter((i) => (((bits[i >> 3] as number) >> (i & 7)) & 1) === 1);
}
