import type { ImageShape } from '@atelier/data/image-shape';
import { inferenceSteps, type Model, type Normalisation, type Step } from '@atelier/model';
import { distinctLayers } from './formats/layer-names.ts';

/** A trained model with all that a program needs to run it on raw pixels. */
export interface TrainedModel {
  model: Model;
  /** Of the images that it knows. */
  shape: ImageShape;
  normalisation: Normalisation;
  /** In the order of its outputs. */
  classes: readonly string[];
  /** The run that it comes from, and the SHA-256 of its model file: files say so. */
  origin: { run: string; sha256: string };
}

/** The same as a list of plain operations, which every format translates. */
export interface ExportedModel extends Omit<TrainedModel, 'model' | 'normalisation'> {
  /** What a raw pixel is multiplied with and what is added then: for each channel. */
  pixels: { factors: Float32Array; shifts: Float32Array };
  /** See `inferenceSteps`: value 0 is the flattened, normalised images. */
  steps: readonly Step[];
}

export function exportedModel({ model, normalisation, ...rest }: TrainedModel): ExportedModel {
  const [means, deviations] = [[normalisation.mean].flat(), [normalisation.std].flat()];
  // What was normalised alike in all channels (see `normalise`) has one number for all.
  const ofChannel = (of: (c: number) => number): Float32Array =>
    Float32Array.from({ length: rest.shape.channels }, (_, c) => of(means.length === 1 ? 0 : c));
  return {
    ...rest,
    pixels: {
      factors: ofChannel((c) => 1 / (255 * deviations[c]!)),
      shifts: ofChannel((c) => -means[c]! / deviations[c]!),
    },
    steps: distinctLayers(inferenceSteps(model)),
  };
}
