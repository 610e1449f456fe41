import { intAdd, intMul, iota, sliceRows } from '@atelier/graph';
import { inferenceLogits } from '@atelier/model';
import { add, argMax, cast, equal, mul, stack, sum, type Tensor } from '@tensorflow/tfjs-core';
import { plainImages } from './augmentation.ts';
import { crossEntropy } from './cross-entropy.ts';
import { normalise } from './normalisation.ts';
import { unflatten, weightsOfParts } from './parameter-buffer.ts';
import type { StepOptions } from './training-step.ts';

/** float32 [2]: loss and correct predictions, summed over examples. */
export type ValidationState = { sums: Tensor };

export type ValidationInputs = {
  /** see PixelStore. */
  pixels: Tensor;
  /** int32 [examples] */
  labels: Tensor;
  /** One for each of the layout's parts. */
  parameters: Tensor[];
  /** Flat, in the layout's order. */
  running: Tensor;
  held: Tensor;
};

/** Examples of one validation step: enough to fill the machine, few enough to stay in its caches. */
export const validationBatch = 1000;

/**
 * Validates one batch, on running statistics and images as they are, by the training loss.
 * @param batch examples in this step, at most {@link validationBatch}
 */
export function validationStep(
  { network, recipe, layout, normalisation, image }: StepOptions,
  batch: number,
) {
  return ({ sums }: ValidationState, inputs: ValidationInputs, index: Tensor): ValidationState => {
    const weights = {
      ...weightsOfParts(inputs.parameters, layout),
      ...unflatten(inputs.running, layout.running),
      ...unflatten(inputs.held, layout.held),
    };
    const begin = intMul(index, validationBatch);
    const pixels = plainImages({ pixels: inputs.pixels, ...image }, intAdd(iota(batch), begin));
    const labels = sliceRows(inputs.labels, begin, batch);
    const logits = inferenceLogits(normalise(pixels, normalisation), weights, network);
    const loss = mul(crossEntropy(logits, labels, recipe.labelSmoothing), batch);
    const hits = sum(cast(equal(argMax(logits, 1), labels), 'float32'));
    return { sums: add(sums, stack([loss, hits])) };
  };
}
