import { z } from 'zod';
import { imageShapeFields } from './image-shape.ts';
import { mirrorExpected, mirrorForm } from './mirror-form.ts';

export { type PreparedDataset, preparedDatasetSchema } from './prepared-dataset.ts';

/** For people, in pages and pictures, where control characters are not allowed. */
const line = z.string().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'expected text without control characters');

/** A plain file name: joined to a folder or an address it can lead nowhere else. */
const fileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected a plain file name of letters, digits, . _ -');

const datasetFileSchema = z.strictObject({
  name: fileName,
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits'),
});

/** One file of a dataset, as its publisher made it. */
export type DatasetFile = z.infer<typeof datasetFileSchema>;

/** The four files of an IDX dataset. */
const datasetFilesSchema = z.strictObject({
  trainImages: datasetFileSchema,
  trainLabels: datasetFileSchema,
  testImages: datasetFileSchema,
  testLabels: datasetFileSchema,
});

type DatasetFiles = z.infer<typeof datasetFilesSchema>;
export type FileRole = keyof DatasetFiles;

export const fileRoles = Object.keys(datasetFilesSchema.shape) as FileRole[];

const distinct = (values: string[]): boolean => new Set(values).size === values.length;

/** A dataset of labelled images in four IDX files, plain or gzip-compressed. */
export const descriptorSchema = z.strictObject({
  schemaVersion: z.literal(1),
  name: fileName,
  title: line.min(1),
  /** Class names; a label is a position in this list. Labels are bytes. */
  classes: z.array(line.min(1)).min(2).max(256).refine(distinct, 'expected every class name once'),
  ...imageShapeFields,
  /** Where people read about the dataset. */
  source: line,
  licence: line,
  /** Addresses of folders that hold the files, tried in this order: http://, https:// or file://. */
  mirrors: z.array(z.string().regex(mirrorForm, `expected ${mirrorExpected}`)),
  files: datasetFilesSchema.refine(
    (files) => distinct(Object.values(files).map(({ name }) => name)),
    'expected four different file names',
  ),
  /** How many of the official test images become the validation split. */
  validationCount: z.int().positive(),
});

export type DatasetDescriptor = z.infer<typeof descriptorSchema>;
