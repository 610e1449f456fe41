import * as tf from '@tensorflow/tfjs-core';
import { GraphError } from '../graph-error.ts';
import { replace } from '../hooks.ts';
import { dropout, type Key, randomNormal, randomUniform } from '../random.ts';
import type { Layer } from './model.ts';

/** A layer that draws, whose draws come from a key instead. */
interface Drawing {
  rate: number;
  stddev: number;
  noiseShape?: number[];
  getNoiseShape(x: tf.Tensor): number[] | null | undefined;
  call(inputs: tf.Tensor | tf.Tensor[], options: { training?: boolean }): tf.Tensor | tf.Tensor[];
}

type Draw = (layer: Drawing, x: tf.Tensor, key: Key) => tf.Tensor;

const drop: Draw = (layer, x, key) => {
  const shape = layer.getNoiseShape(x) ?? x.shape;
  return tf.mul(x, dropout(tf.ones(shape), layer.rate, key));
};

/** What tf.layers' own layers compute in training, by class name. */
const draws: Readonly<Record<string, Draw>> = {
  Dropout: drop,
  SpatialDropout1D: drop,
  GaussianNoise: ({ stddev }, x, key) => tf.add(x, tf.mul(randomNormal(x.shape, key), stddev)),
  GaussianDropout: ({ rate }, x, key) => {
    const deviation = Math.sqrt(rate / (1 - rate));
    return tf.mul(x, tf.add(tf.mul(randomNormal(x.shape, key), deviation), 1));
  },
  AlphaDropout: ({ rate, noiseShape }, x, key) => {
    const dropped = -1.6732632423543772 * 1.0507009873554805;
    const kept = tf.cast(tf.greaterEqual(randomUniform(noiseShape ?? x.shape, key), rate), x.dtype);
    const a = ((1 - rate) * (1 + rate * dropped ** 2)) ** -0.5;
    const mixed = tf.add(tf.mul(x, kept), tf.mul(tf.sub(kept, 1), dropped));
    return tf.add(tf.mul(mixed, a), -a * dropped * rate);
  },
};

/** Cells of recurrent layers draw a mask once for all steps, and keep it. */
interface Cell {
  dropout: number;
  recurrentDropout: number;
  dropoutFunc: unknown;
  dropoutMask: tf.Tensor | tf.Tensor[] | null;
  recurrentDropoutMask: tf.Tensor | tf.Tensor[] | null;
}

const isCell = (layer: Layer): boolean => 'recurrentDropout' in layer && 'dropoutMask' in layer;

/**
 * Has layers draw from a key while `training`; returns what undoes it. Every draw has a key of its own, by
 * its number.
 */
export function drawFrom(
  key: Key | undefined,
  layers: readonly Layer[],
  training: boolean,
): () => void {
  let count = 0;
  const next = (name: string): Key => {
    if (key !== undefined) return [...(Array.isArray(key) ? key : [key]), count++];
    throw new GraphError(
      `The layer "${name}" draws random numbers in training, and no key is given.`,
      'pass key: [seed, step] with the step’s number, so that each step draws anew',
    );
  };
  const undo: (() => void)[] = [];
  for (const layer of layers) {
    if (isCell(layer)) {
      const cell = layer as unknown as Cell;
      const forget = () => {
        tf.dispose([cell.dropoutMask ?? [], cell.recurrentDropoutMask ?? []]);
        cell.dropoutMask = null;
        cell.recurrentDropoutMask = null;
      };
      forget();
      undo.push(
        forget,
        replace(cell, 'dropoutFunc', (x: tf.Tensor, rate: number) =>
          dropout(x, rate, next(layer.name)),
        ),
      );
    }
    const className = layer.getClassName();
    if (!training || !Object.hasOwn(draws, className)) continue;
    const drawing = layer as unknown as Drawing;
    // As tf.layers has it, a rate of 0 or 1 does nothing.
    if (className !== 'GaussianNoise' && !(drawing.rate > 0 && drawing.rate < 1)) continue;
    undo.push(
      replace(drawing, 'call', (inputs, options) => {
        const x = Array.isArray(inputs) ? inputs[0]! : inputs;
        if (options.training !== true) return tf.clone(x);
        return tf.tidy(() => draws[className]!(drawing, x, next(layer.name)));
      }),
    );
  }
  return () => {
    for (const it of undo) it();
  };
}
