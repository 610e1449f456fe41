import { encodeSafetensors } from '@atelier/safetensors';
import { expect, test } from 'vitest';
import {
  decodePredictions,
  encodePredictions,
  type Predictions,
  predictedClasses,
} from './index.ts';

const predictions: Predictions = {
  probabilities: Float32Array.of(0.1, 0.7, 0.2, 0.4, 0.2, 0.4, 0, 0.5, 0.5),
  labels: Uint8Array.of(1, 0, 2),
  indices: Int32Array.of(9, 4, 70_000),
  classes: 3,
};

test('decoding gives back what was encoded', () => {
  expect(decodePredictions(encodePredictions(predictions), 'memory')).toEqual(predictions);
});

test('the first class wins among equal probabilities', () => {
  expect([...predictedClasses(predictions)]).toEqual([1, 0, 1]);
});

test('another safetensors file is refused with what it holds', () => {
  const bytes = encodeSafetensors({
    tensors: { labels: { dtype: 'I32', shape: [1], data: Int32Array.of(1) } },
    metadata: {},
  });
  expect(() => decodePredictions(bytes, 'run/p.safetensors')).toThrow(
    /run\/p\.safetensors[\s\S]*no probabilities, labels I32 \[1\], no indices/,
  );
});
