import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  describeImageShape,
  imageDimensions,
  imageShape,
  imageShapeFields,
  imageSize,
  storedImageShape,
} from './image-shape.ts';

const schema = z.object(imageShapeFields);

test('a grey shape is stored without channels, and one channel said is the same as none', () => {
  const stored = '{"height":5,"width":7}';
  for (const text of [stored, '{"height":5,"width":7,"channels":1}']) {
    const parsed = schema.parse(JSON.parse(text));
    expect(JSON.stringify(parsed)).toBe(stored);
    expect(imageShape(parsed)).toEqual({ height: 5, width: 7, channels: 1 });
    expect(JSON.stringify(storedImageShape(imageShape(parsed)))).toBe(stored);
  }
  expect(imageDimensions({ height: 5, width: 7, channels: 1 })).toEqual([5, 7]);
});

test('three channels are stored, counted and told', () => {
  const shape = { height: 5, width: 7, channels: 3 };
  expect(schema.parse(shape)).toEqual(shape);
  expect(storedImageShape(shape)).toEqual(shape);
  expect(imageSize(shape)).toBe(105);
  expect(imageDimensions(shape)).toEqual([5, 7, 3]);
  expect(describeImageShape(shape)).toBe('5 × 7 pixels in 3 channels');
});

test('any other number of channels is refused', () => {
  for (const channels of [0, 2, 4, 1.5])
    expect(() => schema.parse({ height: 5, width: 7, channels })).toThrow(/1 \(grey\) or 3/);
});
