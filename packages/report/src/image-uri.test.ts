import { uniforms } from '@atelier/random';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { imageUri } from './image-uri.ts';

const images = {
  shape: { height: 5, width: 7, channels: 1 },
  images: Uint8Array.from(uniforms(3 * 35, 1), (u) => Math.floor(256 * u)),
};

test('a PNG holds exactly the pixels of its image', () => {
  const uri = imageUri(images, 1);
  const png = decode(Buffer.from(uri.replace('data:image/png;base64,', ''), 'base64'));
  expect(png).toMatchObject({ width: 7, height: 5, channels: 1, depth: 8 });
  expect([...png.data]).toEqual([...images.images.slice(35, 70)]);
  expect(uri).not.toBe(imageUri(images, 2));
});
