import { expect, test } from 'vitest';
import { partName, partsAmong } from './output-parts.ts';

const ref = (bytes: number) => ({ sha256: '0'.repeat(64), bytes });

test('parts are found among outputs by their artifact, in their order', () => {
  const outputs = {
    train: ref(0),
    [partName('train', 9_999)]: ref(10_000),
    [partName('train', 1)]: ref(2),
    [partName('test', 0)]: ref(7),
    [partName('train', 0)]: ref(1),
  };
  expect(partName('train', 0)).toBe('train-0001');
  expect(partsAmong(outputs, ['train']).map(({ bytes }) => bytes)).toEqual([1, 2, 10_000]);
  expect(partsAmong(outputs, ['test', 'train']).map(({ bytes }) => bytes)).toEqual([
    7, 1, 2, 10_000,
  ]);
});
