import { mirrorsSchema } from '@atelier/download/mirror';
import { lineProblem, nameKey } from '@atelier/text';
import { z } from 'zod';
import { imageShapeFields } from '../image-shape.ts';

/** For people, on terminals, in pages and pictures: it shows all that it holds. */
const line = (most: number) =>
  z
    .string()
    .max(most, `expected at most ${most} characters`)
    .superRefine((text, context) => {
      const expected = lineProblem(text);
      if (expected !== undefined)
        context.addIssue({ code: 'custom', message: `expected ${expected}`, input: text });
    });

/** A plain file name: joined to a folder or an address it can lead nowhere else. */
const fileName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    'expected a plain file name of up to 128 letters, digits, . _ -',
  );

export const datasetFileSchema = z.strictObject({
  name: fileName,
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits'),
});

/** One file of a dataset, as its publisher made it. */
export type DatasetFile = z.infer<typeof datasetFileSchema>;

const distinct = (values: string[]): boolean => new Set(values).size === values.length;

/** Class names of which no two look alike. */
const classNames = z
  .array(line(200).min(1))
  .min(2)
  .max(256)
  .superRefine((names, context) => {
    const seen = new Map<string, number>();
    for (const [i, name] of names.entries()) {
      const first = seen.get(nameKey(name));
      if (first === undefined) seen.set(nameKey(name), i);
      else {
        const message = `expected every class name once; those of ${first} and ${i} ${names[first] === name ? 'are the same' : 'look alike'}`;
        return context.addIssue({ code: 'custom', message, input: names });
      }
    }
  });

/** The field `files`: what a format reads, by the part that each file plays. */
export const datasetFiles = <Roles extends Record<string, typeof datasetFileSchema>>(
  roles: Roles,
) =>
  z
    .strictObject(roles)
    .refine(
      (files) => distinct(Object.values(files as Record<string, DatasetFile>).map((f) => f.name)),
      'expected a different name for every file',
    );

/** The fields of every descriptor, whatever its format. */
export const datasetFields = {
  schemaVersion: z.literal(1),
  name: fileName,
  title: line(200).min(1),
  /** Class names; a label is a position in this list. Labels are bytes. */
  classes: classNames,
  ...imageShapeFields,
  /** Where people read about the dataset. */
  source: line(2_000),
  licence: line(2_000),
  /** Addresses of folders that hold the files, tried in this order. */
  mirrors: mirrorsSchema,
  /** How many of the official test images become the validation split. */
  validationCount: z.int().positive(),
};

/** The bytes of one of a dataset's files, verified and decompressed. */
export interface FileContent {
  bytes: Uint8Array;
  /** Its path, for errors. */
  where: string;
}

/** The official training or test set, in the order of its publisher. */
export interface OfficialSet {
  /** [n, height, width, channels] */
  images: Uint8Array;
  /** [n]; whether they name classes is checked for all formats alike. */
  labels: Uint8Array;
  /** What images and labels were read from, for errors. */
  where: { images: string; labels: string };
}

type Described = z.output<z.ZodObject<typeof datasetFields>>;

/**
 * A way to lay down labelled images in files. Each has a file of its own in this folder and an
 * entry in `descriptor.ts`; nothing else knows one from another.
 */
export interface DatasetFormat<Descriptor extends Described, Role extends string> {
  /** How many bytes a decompressed file has, as its beginning says; undefined where it does not. */
  announcedLength?(start: Uint8Array): number | undefined;
  /** @throws UserError where the files do not hold what the descriptor describes */
  read(
    descriptor: Descriptor,
    files: Record<Role, FileContent>,
  ): { train: OfficialSet; test: OfficialSet };
}
