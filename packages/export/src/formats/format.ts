import type { ImageShape } from '@atelier/data/image-shape';
import type { ExportedModel, TrainedModel } from '../exported-model.ts';

/** Raw pixels in, probabilities out, through a reader of the format that is not this program. */
interface Reader {
  /** Its name and version. */
  name: string;
  /**
   * @param pixels of n images, [n, height, width, channels], 0 to 255
   * @returns [n, classes]
   */
  probabilities(pixels: Uint8Array): Promise<Float32Array>;
  /** Has to be called where there is one: its process ends. */
  close?(): void;
}

/** By their names below the export's folder. */
export type Files = Record<string, Uint8Array>;

/** One form in which other programs take models. Each has a file of its own, see `index.ts`. */
export interface ExportFormat {
  /** What follows the name of its file or folder. */
  suffix: string;
  /** For people: versions, what it takes and what it gives. */
  about: string;
  /** The files by their names below the export's folder; of a single file the name is empty. */
  encode(model: ExportedModel): Files;
  /**
   * The same of a network that is no list of operations, where the format takes whatever TensorFlow computes.
   * @throws UserError where its forward pass is another one for every number of images
   */
  encodeTraced?(model: TrainedModel): Promise<Files>;
  /**
   * Opens what was written, with a reader of the format.
   * @param shape of the images that it will be given
   * @param python the interpreter for readers that are Python's
   */
  read(path: string, shape: ImageShape, python: string): Promise<Reader>;
}
