import { uniforms } from '@atelier/random';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { fixture } from '../../test/fixture.ts';
import { buildReport } from '../build-report.ts';
import { Figures } from '../plots/figures.ts';
import { imageUri, samples } from './pictures.ts';

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

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `Class ${i}`);

test.each<[string, Parameters<typeof fixture>[0], string]>([
  ['few classes', {}, '40 test images drawn at random, 4 of each class.'],
  [
    'more classes than pictures',
    { classes: numbered(47) },
    '40 test images drawn at random, no two of them of the same class.',
  ],
  [
    'a class with few images',
    { examples: 36 },
    '36 test images drawn at random, 4 of each class, or all that it has.',
  ],
])('%s: what is said of the samples is true', async (_, scale, sentence) => {
  const { inputs, images } = fixture({ ...scale, epochs: 1 });
  const figures = await Figures.draw([]);
  const { content } = samples({ report: buildReport(inputs), figures, images });
  expect(content.text).toContain(sentence);
});
