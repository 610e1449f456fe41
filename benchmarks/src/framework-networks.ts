import { scan } from '@atelier/graph';
import * as tf from '@tensorflow/tfjs-core';

/** float32 tensors by name. */
export type Weights = Record<string, tf.Tensor>;

/** A network that five frameworks train; python/frameworks.py has it in PyTorch and JAX. */
export interface FrameworkNetwork {
  title: string;
  /** Of a batch. */
  input: readonly [batch: number, ...number[]];
  /** Shapes by name, in the order in which they are stored. */
  weights: Record<string, readonly number[]>;
  /**
   * @param compiled whether it is traced: a loop over time is then one of the program
   * @returns [batch, classes]
   */
  logits(weights: Weights, x: tf.Tensor, compiled: boolean): tf.Tensor;
}

export const classes = 10;
const heads = 4;
const hidden = 128;
const width = 128;

const linear = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
  tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D), bias);

const mlp: FrameworkNetwork = {
  title: 'MLP, 784-256-256-10, 128 rows',
  input: [128, 784],
  weights: { w1: [784, 256], b1: [256], w2: [256, 256], b2: [256], w3: [256, 10], b3: [10] },
  logits({ w1, b1, w2, b2, w3, b3 }, x) {
    const first = tf.relu(linear(x, w1!, b1!));
    return linear(tf.relu(linear(first, w2!, b2!)), w3!, b3!);
  },
};

const cnn: FrameworkNetwork = {
  title: 'CNN, two 3 x 3 of 16 and 32, 64 images of 28 x 28',
  input: [64, 28, 28, 1],
  weights: {
    ...{ k1: [3, 3, 1, 16], c1: [16], k2: [3, 3, 16, 32], c2: [32] },
    ...{ head: [1568, 10], bias: [10] },
  },
  logits({ k1, c1, k2, c2, head, bias }, x) {
    const block = (h: tf.Tensor, kernel: tf.Tensor, shift: tf.Tensor) => {
      const convolved = tf.conv2d(h as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same');
      return tf.maxPool(tf.relu(tf.add(convolved, shift)) as tf.Tensor4D, 2, 2, 'valid');
    };
    const features = block(block(x, k1!, c1!), k2!, c2!);
    return linear(tf.reshape(features, [x.shape[0]!, -1]), head!, bias!);
  },
};

const lstm: FrameworkNetwork = {
  title: 'LSTM of 128, 32 sequences of 32 x 32',
  input: [32, 32, 32],
  weights: {
    ...{ input: [32, 4 * hidden], recurrent: [hidden, 4 * hidden], gates: [4 * hidden] },
    ...{ head: [hidden, 10], bias: [10] },
  },
  logits({ input, recurrent, gates, head, bias }, x, compiled) {
    const [batch, steps, features] = x.shape as [number, number, number];
    const byTime = tf.reshape(tf.transpose(x, [1, 0, 2]), [steps * batch, features]);
    const given = tf.reshape(linear(byTime, input!, gates!), [steps, batch, 4 * hidden]);
    const step = ({ h, c }: { h: tf.Tensor; c: tf.Tensor }, now: tf.Tensor) => {
      const all = tf.add(now, tf.matMul(h as tf.Tensor2D, recurrent as tf.Tensor2D));
      const [i, f, g, o] = tf.split(all, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const cell = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      return { h: tf.mul(tf.sigmoid(o), tf.tanh(cell)), c: cell };
    };
    let state = { h: tf.zeros([batch, hidden]), c: tf.zeros([batch, hidden]) } as Weights & {
      h: tf.Tensor;
      c: tf.Tensor;
    };
    if (compiled)
      state = scan({
        state,
        over: given,
        step: (now, row) => ({ state: step(now, row), collect: [] as tf.Tensor[] }),
      }).state;
    else for (const row of tf.unstack(given)) state = step(state, row);
    return linear(state.h, head!, bias!);
  },
};

function layerNorm(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
  return tf.add(tf.mul(normal, scale), shift);
}

const gelu = (x: tf.Tensor): tf.Tensor =>
  tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

const transformer: FrameworkNetwork = {
  title: 'transformer block of 128, 4 heads, 16 sequences of 64',
  input: [16, 64, width],
  weights: {
    ...{ scale1: [width], shift1: [width], qkv: [width, 3 * width], qkvBias: [3 * width] },
    ...{ out: [width, width], outBias: [width], scale2: [width], shift2: [width] },
    ...{ up: [width, 4 * width], upBias: [4 * width], down: [4 * width, width] },
    ...{ downBias: [width], head: [width, 10], bias: [10] },
  },
  logits(w, x) {
    const [batch, tokens] = x.shape as [number, number];
    const flat = tf.reshape(x, [-1, width]);
    const normal = layerNorm(flat, w.scale1!, w.shift1!);
    const projected = tf.reshape(linear(normal, w.qkv!, w.qkvBias!), [
      ...[batch, tokens, 3, heads, width / heads],
    ]);
    const [q, k, v] = tf.unstack(tf.transpose(projected, [2, 0, 3, 1, 4]));
    const scores = tf.mul(tf.matMul(q!, k!, false, true), (width / heads) ** -0.5);
    const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v!), [0, 2, 1, 3]);
    const attended = tf.add(flat, linear(tf.reshape(mixed, [-1, width]), w.out!, w.outBias!));
    const inner = gelu(linear(layerNorm(attended, w.scale2!, w.shift2!), w.up!, w.upBias!));
    const block = tf.add(attended, linear(inner, w.down!, w.downBias!));
    const pooled = tf.mean(tf.reshape(block, [batch, tokens, width]), 1);
    return linear(pooled, w.head!, w.bias!);
  },
};

export const networks = { mlp, cnn, lstm, transformer } satisfies Record<string, FrameworkNetwork>;

export type NetworkKey = keyof typeof networks;

/** The mean cross-entropy. */
export function lossOf(
  network: FrameworkNetwork,
  weights: Weights,
  { x, y }: { x: tf.Tensor; y: tf.Tensor },
  compiled: boolean,
): tf.Scalar {
  const target = tf.oneHot(y, classes);
  return tf.losses.softmaxCrossEntropy(target, network.logits(weights, x, compiled)) as tf.Scalar;
}
