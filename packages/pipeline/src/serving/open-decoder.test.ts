import sharp from 'sharp';
import { expect, test } from 'vitest';
import { openDecoder } from './open-decoder.ts';

const form = { shape: { height: 2, width: 2, channels: 1 }, fit: 'cover' } as const;
const red = { create: { width: 4, height: 4, channels: 3, background: 'red' } } as const;

test('a decoder that has died is followed by another', async () => {
  const decoder = openDecoder();
  const bytes = await sharp(red).png().toBuffer();
  const pixels = Buffer.alloc(4, 127);
  expect(await decoder.decode({ bytes, ...form })).toEqual({ pixels });
  const text = new Uint8Array([1, 2, 3]);
  expect(await decoder.decode({ bytes: text, ...form })).toMatchObject({ why: /no PNG/ });
  // What no caller asks: it fails as a whole.
  const odd = undefined as unknown as Uint8Array;
  await expect(decoder.decode({ bytes: odd, ...form })).rejects.toThrow('reads pictures');
  expect(await decoder.decode({ bytes, ...form })).toEqual({ pixels });
  await decoder.close();
});
