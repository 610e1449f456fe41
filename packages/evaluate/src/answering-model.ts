import type { Normalisation } from '@atelier/model';
import { type Answerer, openAnswerer } from '@atelier/subprocess';

export interface AnsweringModelJob {
  /** A model file, read before it is `ready`. */
  modelPath: string;
  normalisation: Normalisation;
}

/** What larger batches gain by image, nobody would wait for. */
const mostImages = 256;

/**
 * A model that says what images are for as long as it is held, in a child process of its own: by the
 * same operations as `predict`. What is asked while it computes, it answers together.
 * @returns asked [height, width, channels] of an image, flattened, 0 to 255, it gives its
 *   probabilities, [classes]
 */
export const openAnsweringModel = (
  input: AnsweringModelJob,
  onBatch: (images: number) => void,
): Answerer<Uint8Array, Float32Array> =>
  openAnswerer({
    entry: new URL('./answering-model-child.ts', import.meta.url),
    name: 'The process of the model',
    input,
    most: mostImages,
    onBatch,
  });
