import { imageAt } from '@atelier/data/image-shape';
import { uniforms } from '@atelier/random';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { fixture } from '../../test/fixture.ts';
import { buildReport } from '../build-report.ts';
import { Figures } from '../plots/figures.ts';
import { imageUri, samples, shownPositions } from './pictures.ts';
import { readImages } from './section.ts';

const shape = { height: 5, width: 7, channels: 1 };
const images = Uint8Array.from(uniforms(3 * 35, 1), (u) => Math.floor(256 * u));
const uriOf = (position: number) => imageUri(imageAt(images, shape, position), shape);

test('a PNG holds exactly the pixels of its image', () => {
  const uri = uriOf(1);
  const png = decode(Buffer.from(uri.replace('data:image/png;base64,', ''), 'base64'));
  expect(png).toMatchObject({ width: 7, height: 5, channels: 1, depth: 8 });
  expect([...png.data]).toEqual([...images.slice(35, 70)]);
  expect(uri).not.toBe(uriOf(2));
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
  const { inputs, images: test } = fixture({ ...scale, epochs: 1 });
  const report = buildReport(inputs);
  const images = await readImages(test, shownPositions(report));
  const figures = await Figures.draw([]);
  const { content } = samples({ report, figures, images });
  expect(content.text).toContain(sentence);
});
