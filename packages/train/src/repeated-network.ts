import type { UserError } from '@atelier/errors';
import {
  inferenceLogits,
  initialModel,
  type Network,
  trainingLogits,
  weightsOf,
} from '@atelier/model';
import { dispose, fill, tensor2d, tidy } from '@tensorflow/tfjs-core';

/** Images in the batch of training. */
const examples = 3;

/**
 * Computes with a module's network, loads it once more as a resumed training does, and computes again:
 * what a clock, a counter or a draw of no seed decides is another number then.
 * @param load loads the module anew
 * @throws UserError where it gives other logits
 */
export function checkRepeats(
  network: Network,
  load: () => void,
  refuse: (what: string, expected: string, found: string, where: string) => UserError,
): void {
  const weights = weightsOf(initialModel(network, 1));
  const compute = (): Float32Array[] => {
    const { inputs } = network;
    const values = Float32Array.from({ length: examples * inputs }, (_, i) => Math.sin(i + 1));
    return tidy(() => {
      const x = tensor2d(values, [examples, inputs]);
      const shares = fill([1, examples], 1 / examples);
      const { logits } = trainingLogits(x, shares, weights, network, (h) => h);
      return [inferenceLogits(x, weights, network), logits].map(
        (each) => each.dataSync() as Float32Array,
      );
    });
  };
  const before = compute();
  load();
  const after = compute();
  dispose(weights);
  for (const [i, when] of ['at inference', 'in training'].entries()) {
    const at = before[i]!.findIndex((value, place) => !Object.is(value, after[i]![place]));
    if (at < 0) continue;
    throw refuse(
      `The network computes something else each time that it is loaded, ${when}.`,
      'the same logits: what it draws, it draws by `layers.dropout`; no clock, no counter, no random constants',
      `${before[i]![at]}, and then ${after[i]![at]}`,
      'forward',
    );
  }
}
