import { UserError } from '@atelier/errors';
import { z } from 'zod';
import { imageShapeFields } from '../image-shape.ts';

const side = z.int().positive();
const path = z.string().min(1);

/** How a picture is brought to the size of all: cut at its sides, with margins, or drawn out. */
const fitSchema = z.enum(['cover', 'contain', 'stretch']);

export type Fit = z.output<typeof fitSchema>;

/** One picture of a folder, as it was when it was read. */
const pictureSchema = z.strictObject({
  /** Below the folder, with `/`. */
  path,
  /** Of its file. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The position of its class. */
  label: z.int().min(0).max(255),
  set: z.enum(['train', 'test']),
  /** Upright. */
  height: side,
  width: side,
  /** For people: "PNG grey 16 bit". */
  kind: z.string().max(100),
});

export type ListedPicture = z.output<typeof pictureSchema>;

/**
 * What `atelier import` has read of a folder: the pictures of both sets, in the order of the
 * pixels that were made of them, and the files that were left out.
 */
const pictureListSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** How pixels were made of files, with what. */
  made: z.strictObject({ ...imageShapeFields, fit: fitSchema, by: z.string() }),
  /** The share of the pictures that are for tests by their content; absent where the folder says. */
  testShare: z.number().gt(0).lt(1).optional(),
  pictures: z.array(pictureSchema),
  leftOut: z.array(z.strictObject({ path, why: z.string() })),
});

export type PictureList = z.output<typeof pictureListSchema>;

/**
 * @param where names the bytes' origin in errors
 * @throws UserError where they are no list of pictures
 */
export function parsePictureList(bytes: Uint8Array, where: string): PictureList {
  const wrong = (expected: string, found: string): UserError =>
    new UserError({
      what: 'This is not a list of pictures.',
      ...{ where, expected, found },
      remedy: '`npx atelier import FOLDER` writes one, with all that belongs to it',
      mendedBy: ['dataset'],
    });
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw wrong('JSON', (error as Error).message);
  }
  const { data, error } = pictureListSchema.safeParse(json);
  if (data !== undefined) return data;
  const { path: at, message } = error.issues[0]!;
  throw wrong(message, `another value of ${at.map(String).join('.') || 'the whole'}`);
}
