import { z } from 'zod';
import {
  datasetFields,
  datasetFileSchema,
  datasetFiles,
  openFields,
  openFileSchema,
} from './format.ts';

/** A name that an array has in its file. */
const arrayName = z.string().min(1).max(200);

const count = z.int().nonnegative();

/** A dataset whose images and labels are arrays of one file, as other programs write it. */
const arrayFields = <Format extends string, File extends z.ZodType<{ name: string }>>(
  format: Format,
  file: File,
) => ({
  format: z.literal(format),
  files: datasetFiles({ data: file }),
  /** Which array is what: images [n, height, width] or [n, height, width, channels], labels [n]. */
  arrays: z.union(
    [
      z.strictObject({
        trainImages: arrayName,
        trainLabels: arrayName,
        testImages: arrayName,
        testLabels: arrayName,
      }),
      z.strictObject({
        trainImages: arrayName,
        trainLabels: arrayName,
        /** The share of the images that are for tests, by the digest of their pixels. */
        testShare: z.number().gt(0).lt(1),
      }),
    ],
    {
      error:
        'expected trainImages and trainLabels with testImages and testLabels or with testShare',
    },
  ),
  /** How many images there are: for people, and checked. */
  counts: z.strictObject({ train: count, test: count }).optional(),
});

export const npzSchema = z.strictObject({
  ...datasetFields,
  ...arrayFields('npz', datasetFileSchema),
});
export const openNpzSchema = z.strictObject({
  ...openFields,
  ...arrayFields('npz', openFileSchema),
});
export const safetensorsSchema = z.strictObject({
  ...datasetFields,
  ...arrayFields('safetensors', datasetFileSchema),
});
export const openSafetensorsSchema = z.strictObject({
  ...openFields,
  ...arrayFields('safetensors', openFileSchema),
});

/** Of either of the formats, which differ in nothing else than how arrays lie in the file. */
export type ArraysDescriptor = z.output<typeof npzSchema> | z.output<typeof safetensorsSchema>;
