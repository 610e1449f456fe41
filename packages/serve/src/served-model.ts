import type { ImageShape } from '@atelier/data/image-shape';

/** A trained model with all that it takes to answer for it. */
export interface ServedModel {
  /** The run that it comes from, and the SHA-256 of its file: every answer names them. */
  run: string;
  sha256: string;
  /** In the order of its probabilities. */
  classes: readonly string[];
  /** Of the images that it knows. */
  image: ImageShape;
  /**
   * Pixels of a picture's file, [height, width, channels], 0 to 255; or why there are none, in a few
   * words. Whatever the bytes are, it does nothing else.
   * @throws WorldError where it cannot say now
   */
  decode(picture: Uint8Array): Promise<{ pixels: Uint8Array } | { why: string }>;
  /**
   * @param pixels of one image
   * @returns [classes], adding up to 1
   * @throws WorldError where it cannot say now
   */
  probabilities(pixels: Uint8Array): Promise<Float32Array>;
}
