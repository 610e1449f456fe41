import { gather, intSub } from '@atelier/graph';
import { inferenceBatch, inferenceLogits, type Network, normalise } from '@atelier/model';
import { add, mul, stack, type Tensor } from '@tensorflow/tfjs-core';
import { plainImages } from './augmentation.ts';
import { batchAt, countHits } from './batch.ts';
import { crossEntropy } from './loss.ts';
import { unflatten, weightsOfParts } from './parameter-buffer.ts';
import type { StepOptions } from './training-step.ts';

/** What validation adds up over examples. */
export const validationSums = ['loss', 'hits'] as const;
export type ValidationSums<T = number> = Record<(typeof validationSums)[number], T>;

/** float32, in the order of {@link validationSums}. */
export type ValidationState = { sums: Tensor };

export type ValidationInputs = {
  /** see PixelStore. */
  pixels: Tensor;
  /** int32, one for each image */
  labels: Tensor;
  /** One for each of the layout's parts. */
  parameters: Tensor[];
  /** Flat, in the layout's order. */
  running: Tensor;
  held: Tensor;
  /** int32 scalar, where images come in blocks: the place of the block's first one. */
  first?: Tensor;
};

/** Examples of one validation step. */
export const validationBatch = (network: Network, examples: number): number =>
  Math.min(inferenceBatch(network), examples);

/**
 * Validates one batch, on running statistics and images as they are, by the training loss.
 * @param examples of all blocks together
 */
export function validationStep(options: StepOptions, examples: number) {
  const { network, recipe, layout, normalisation, image } = options;
  return ({ sums }: ValidationState, inputs: ValidationInputs, index: Tensor): ValidationState => {
    const weights = {
      ...weightsOfParts(inputs.parameters, layout),
      ...unflatten(inputs.running, layout.running),
      ...unflatten(inputs.held, layout.held),
    };
    const batch = validationBatch(network, examples);
    const { positions: places, shares, count } = batchAt(index, batch, examples);
    const positions = inputs.first ? intSub(places, inputs.first) : places;
    const pixels = plainImages({ pixels: inputs.pixels, ...image }, positions);
    const labels = gather(inputs.labels, positions);
    const logits = inferenceLogits(normalise(pixels, normalisation), weights, network);
    const loss = mul(crossEntropy(logits, labels, recipe.labelSmoothing, shares), count);
    const measured: ValidationSums<Tensor> = { loss, hits: countHits(logits, labels, shares) };
    return { sums: add(sums, stack(validationSums.map((name) => measured[name]))) };
  };
}
