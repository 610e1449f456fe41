import {
  decodeSafetensors,
  decodeSafetensorsHeader,
  encodeSafetensors,
  type Safetensors,
} from '@atelier/safetensors';
import { expect, test } from 'vitest';
import { checkpointHeader, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { smallTraining } from './fixtures/small-training.ts';
import { bufferLayout, initialState } from './parameter-buffer.ts';

const { network, recipe } = smallTraining({});
const seed = -5;
const state = initialState(network, bufferLayout(network), 1);
const bytes = encodeCheckpoint({ network, recipe, seed, epoch: 3, state });
const header = (file: Uint8Array) =>
  checkpointHeader(decodeSafetensorsHeader(file, file.length, 'a'), 'a');

test('a header says what the whole checkpoint says', () => {
  const { state: _, ...identity } = decodeCheckpoint(bytes, 'a');
  expect(header(bytes)).toEqual(identity);
  expect(identity).toEqual({ network, recipe, seed, epoch: 3 });
});

const changed = (change: (file: Safetensors) => void): Uint8Array => {
  const file = decodeSafetensors(bytes, 'a');
  change(file);
  return encodeSafetensors(file);
};

test.each([
  ['that is a model alone', ({ metadata }) => delete metadata.format],
  ['of no number', ({ metadata }) => Object.assign(metadata, { seed: 'NaN' })],
  ['of a recipe that is no JSON', ({ metadata }) => Object.assign(metadata, { recipe: '{' })],
  ['of an unknown recipe', ({ metadata }) => Object.assign(metadata, { recipe: '{"epochs":-1}' })],
  ['without a moment', ({ tensors }) => delete tensors['adamw.v.fc1.weight']],
  ['without a step', ({ tensors }) => delete tensors.step],
] satisfies [string, (file: Safetensors) => void][])(
  'a file %s is refused by either',
  (_, change) => {
    const file = changed(change);
    for (const read of [header, (it: Uint8Array) => decodeCheckpoint(it, 'a')])
      expect(() => read(file)).toThrow(expect.objectContaining({ name: 'UserError' }));
  },
);
