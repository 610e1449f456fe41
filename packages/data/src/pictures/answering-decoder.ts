import { type Answerer, openAnswerer } from '@atelier/subprocess';
import type { DecodeLimits, PictureForm } from './decode-picture.ts';

export interface PictureQuestion extends PictureForm {
  /** Of the picture's file. */
  bytes: Uint8Array;
}

/** As `decodePicture` gives them, or why there are none. */
export type DecodedAnswer = { pixels: Uint8Array } | { why: string };

/**
 * Makes pixels of pictures as `decodePicture` does for as long as it is held, as many at a time as
 * there are cores, in a child process: whatever a picture does to the code that decodes it, it does
 * there.
 */
export const openAnsweringDecoder = (
  input: DecodeLimits,
): Answerer<PictureQuestion, DecodedAnswer> =>
  openAnswerer({
    entry: new URL('./answering-decoder-child.ts', import.meta.url),
    name: 'The process that reads pictures',
    input,
    most: 1,
  });
