import type { Layers } from './architectures/architecture.ts';
import { architectureOf } from './architectures/index.ts';
import { epsilon } from './batch-norm.ts';
import type { Model } from './model.ts';

/** One plain operation of a network as other programs have them too, on whole batches. */
type Operation =
  /** x W + b; weight [inputs, outputs], bias [outputs]. */
  | { kind: 'linear'; layer: string; weight: Float32Array; bias: Float32Array }
  /** 3 x 3, zeros around the image; weight [3, 3, inputs, outputs], bias [outputs]. */
  | { kind: 'convolution'; layer: string; weight: Float32Array; bias: Float32Array }
  /** Flattened images as [height, width, channels]. */
  | { kind: 'images' }
  /** The largest of every 2 x 2 places; a last odd row or column is left out. */
  | { kind: 'maxPool' }
  /** The mean over all places, [channels]. */
  | { kind: 'globalAverage' }
  /** x * Phi(x), by the error function. */
  | { kind: 'gelu' }
  | { kind: 'relu' }
  | { kind: 'add' };

/** An operation in its place: it takes earlier values by their positions and gives the next one. */
export type Step = Operation & {
  of: readonly number[];
  /** Of one example's result: [features] or [height, width, channels]. */
  shape: readonly number[];
};

interface Value {
  at: number;
  shape: readonly number[];
}

/**
 * What a network computes at inference, as a list: value 0 is a batch of flattened, normalised images,
 * value i + 1 what step i gives, and the last one the logits. BatchNorm's running statistics are part
 * of the weights before it, and dropout is nothing. It is written down by the network's own forward
 * pass, so that no kind of network is described twice.
 */
export function inferenceSteps({ network, tensors }: Model): Step[] {
  const steps: Step[] = [];
  const data = (name: string): Float32Array => tensors[name]!.data as Float32Array;
  const step = (operation: Operation, of: readonly Value[], shape: readonly number[]): Value => {
    steps.push({ ...operation, of: of.map(({ at }) => at), shape });
    return { at: steps.length, shape };
  };
  const affine = (layer: string) => {
    const { [`${layer}.weight`]: weight, [`${layer}.bias`]: bias } = tensors;
    const none = () => new Float32Array(weight!.shape.at(-1)!);
    return {
      ...{ layer, weight: weight!.data as Float32Array },
      bias: (bias?.data as Float32Array | undefined) ?? none(),
    };
  };
  /** BatchNorm on running statistics is a factor and a summand for each output. */
  const normalised = (layer: string, norm: string) => {
    const { weight, bias } = affine(layer);
    const [mean, variance] = [data(`${norm}.running_mean`), data(`${norm}.running_var`)];
    const factors = Float64Array.from(
      data(`${norm}.weight`),
      (scale, o) => scale / Math.sqrt(variance[o]! + epsilon),
    );
    const shifts = data(`${norm}.bias`);
    return {
      layer,
      // Outputs are the last dimension.
      weight: weight.map((w, i) => w * factors[i % factors.length]!),
      bias: bias.map((b, o) => (b - mean[o]!) * factors[o]! + shifts[o]!),
    };
  };
  const linear = (x: Value, weights: ReturnType<typeof affine>): Value =>
    step({ kind: 'linear', ...weights }, [x], [weights.bias.length]);
  const sides = (x: Value): [number, number, number] => x.shape as [number, number, number];
  const layers: Layers<Value> = {
    linear: (x, layer) => linear(x, affine(layer)),
    normalisedLinear: (x, layer, norm) => linear(x, normalised(layer, norm)),
    normalisedConvolution(x, layer, norm) {
      const weights = normalised(layer, norm);
      const [height, width] = sides(x);
      const shape = [height, width, weights.bias.length];
      return step({ kind: 'convolution', ...weights }, [x], shape);
    },
    images: (x, { height, width, channels }) =>
      step({ kind: 'images' }, [x], [height, width, channels]),
    maxPool(x) {
      const [height, width, channels] = sides(x);
      return step({ kind: 'maxPool' }, [x], [height >> 1, width >> 1, channels]);
    },
    globalAverage: (x) => step({ kind: 'globalAverage' }, [x], [sides(x)[2]]),
    gelu: (x) => step({ kind: 'gelu' }, [x], x.shape),
    relu: (x) => step({ kind: 'relu' }, [x], x.shape),
    add: (a, b) => step({ kind: 'add' }, [a, b], a.shape),
    dropout: (x) => x,
  };
  architectureOf(network).forward({ at: 0, shape: [network.inputs] }, network, layers);
  return steps;
}
