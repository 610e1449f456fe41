import { mirrorsSchema } from '@atelier/download/mirror';
import { UserError } from '@atelier/errors';
import type { WatchedFile } from '@atelier/files';
import { lineProblem, nameKey } from '@atelier/text';
import { z } from 'zod';
import { limitsSchema } from '../compare-datasets.ts';
import { imageShapeFields } from '../image-shape.ts';
import type { PictureList } from '../pictures/picture-list.ts';

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

const fixedFile = {
  name: fileName,
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits'),
};

export const datasetFileSchema = z.strictObject(fixedFile);

/** One file of a dataset, as its publisher made it. */
export type DatasetFile = z.infer<typeof datasetFileSchema>;

/** The same, where other files may be followed. */
export const fixedFileSchema = z.strictObject({ ...fixedFile, follow: z.undefined().optional() });

/** A file that is fixed, or one that is what a mirror has at the time: every run looks. */
export const openFileSchema = z.discriminatedUnion(
  'follow',
  [fixedFileSchema, z.strictObject({ name: fileName, follow: z.literal(true) })],
  {
    error: ({ code }) => (code === 'invalid_union' ? 'expected true, or no such field' : undefined),
  },
);

export type OpenFile = z.infer<typeof openFileSchema>;

const distinct = (values: string[]): boolean => new Set(values).size === values.length;

/** Class names of which no two look alike. */
export const classNames = z
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
export const datasetFiles = <Roles extends Record<string, z.ZodType<{ name: string }>>>(
  roles: Roles,
) =>
  z
    .strictObject(roles)
    .refine(
      (files) => distinct(Object.values(files as Record<string, OpenFile>).map((f) => f.name)),
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
  /** Addresses of folders that hold the files, tried in this order; where none is, that of the descriptor. */
  mirrors: mirrorsSchema,
  /** How many of the official test images become the validation split … */
  validationCount: z.int().positive().optional(),
  /** … or which share of the training images does. */
  validation: z.strictObject({ fraction: z.number().gt(0).lt(1) }).optional(),
};

/** The same, where files may be followed. */
export const openFields = {
  ...datasetFields,
  /** How much of the data may change from one accepted dataset to the next. */
  contract: limitsSchema.optional(),
};

/**
 * One of a dataset's files, verified. What it holds is decompressed as far as it is asked for: a
 * small file may claim, and decompress to, all of the memory that there is.
 */
export interface FileContent {
  /** The first bytes; fewer where the file holds less. */
  beginning(bytes: number): Promise<Uint8Array>;
  /** All of it. @throws UserError where it is more than so many bytes */
  whole(bytes: number): Promise<Uint8Array>;
  /**
   * The same in a file, for what is too large to be held.
   * @param directory where it is written if it has to be decompressed
   * @returns that file, open as long as the process lives
   * @throws UserError where it is not so many bytes
   */
  unpacked(bytes: number, directory: string): Promise<WatchedFile>;
  /** The file itself, compressed or not, open as long as the process lives. */
  held(): WatchedFile;
  /** How many of its bytes may be held at most. */
  mostHeld: number;
  /** Its path, which names it in errors. */
  where: string;
}

/** Where something begins in a file that is open as long as the process lives. */
export interface PlaceOnDisk {
  file: WatchedFile;
  offset: number;
}

/** Images that are too many to be held: they follow one another in a file. */
interface UnreadImages {
  /**
   * Where the first of them lies.
   * @param directory where they are written if they have to be decompressed
   */
  onDisk(directory: string): Promise<PlaceOnDisk>;
  /** Which of the images there are the set's, ascending; all of them where it is left out. */
  positions?: Int32Array;
}

/** The official training or test set, in the order of its publisher. */
export interface OfficialSet<Images = Uint8Array | UnreadImages> {
  /** [n, height, width, channels] */
  images: Images;
  /** [n], each the position of a class. */
  labels: Uint8Array;
  /** What images and labels were read from, for errors. */
  where: { images: string; labels: string };
}

export interface OfficialSets {
  train: OfficialSet;
  test: OfficialSet;
  /** Which files the images of both were made of, where they were pictures. */
  list?: PictureList;
}

/** @throws UserError where a label names no class */
export function checkLabels(labels: Uint8Array, classes: readonly string[], where: string): void {
  const wrong = labels.findIndex((label) => label >= classes.length);
  if (wrong < 0) return;
  throw new UserError({
    what: 'A label names no class.',
    where: `${where}, label ${wrong} (counted from 0)`,
    expected: `0 to ${classes.length - 1}, for the ${classes.length} classes of the descriptor`,
    found: `${labels[wrong]}`,
    remedy: 'correct the classes in the descriptor, or the file',
    mendedBy: ['dataset'],
  });
}

type Described = z.output<z.ZodObject<typeof datasetFields>>;

/**
 * A way to lay down labelled images in files. Each has a file of its own in this folder and an
 * entry in `descriptor.ts`; nothing else knows one from another.
 */
export interface DatasetFormat<Descriptor extends Described, Role extends string> {
  /**
   * What the files say of themselves is held against the descriptor, and against each other, before
   * more of them is read.
   * @throws UserError where the files do not hold what the descriptor describes
   */
  read(descriptor: Descriptor, files: Record<Role, FileContent>): Promise<OfficialSets>;
}
