import { imageAt } from '@atelier/data/image-shape';
import { expect, test } from 'vitest';
import { alikePictures, pictureFacts } from './picture-facts.ts';
import { imageUri } from './pictures.ts';
import { facts } from './section.ts';

const balance = { smallest: 3, largest: 40, emptyClasses: [] };
const contract = {
  classBalance: { train: balance, validation: balance, test: balance },
} as unknown as Parameters<typeof pictureFacts>[1];

const at = { split: 'train' as const, index: 0, label: 0, path: 'cat/1.png' };
const pictures: Parameters<typeof pictureFacts>[0] = {
  leftOut: { count: 2, examples: [{ path: '<b>/x.png', why: 'the file is empty' }] },
  kinds: { 'PNG RGB': 5, 'JPEG CMYK': 1200 },
  sizes: {
    smallest: { height: 3, width: 5 },
    largest: { height: 900, width: 600 },
    enlarged: 1,
  },
  nearDuplicates: {
    across: { trainValidation: 0, trainTest: 1, validationTest: 0 },
    examples: [[at, { ...at, split: 'test', label: 1, path: '<b>/2.png' }]],
  },
};

test('what was found in pictures is said, and a name of a file is text', () => {
  const found = pictureFacts(pictures, contract);
  const { text } = facts(found);
  for (const part of [
    '1,200 JPEG CMYK, 5 PNG RGB',
    '3 × 5 to 900 × 600 pixels; 1 had to be enlarged',
    '3 to 40 pictures',
    '0 validation pictures, 1 test picture, without',
    '&lt;b&gt;/x.png: the file is empty',
  ])
    expect(text).toContain(part);
});

test('what looks alike is shown in pairs, with class, file and split, or else named', () => {
  const { nearDuplicates } = pictures;
  const named = alikePictures(nearDuplicates, ['cat', 'dog'], undefined).text;
  expect(named).toContain('cat/1.png (train) and &lt;b&gt;/2.png (test)');
  expect(named).not.toContain('<img');

  const images = Uint8Array.of(10, 20, 30, 40, 11, 21, 31, 41);
  const shape = { height: 2, width: 2, channels: 1 };
  const shown = { shape, at: (place: number) => imageAt(images, shape, place) };
  const { text } = alikePictures(nearDuplicates, ['cat', 'dog'], shown);
  const [first, second] = text.split('<li>').slice(1);
  for (const part of [imageUri(shown.at(0), shape), 'alt="cat/1.png"', 'cat</span>', 'train'])
    expect(first).toContain(part);
  for (const part of [imageUri(shown.at(1), shape), '&lt;b&gt;/2.png', 'dog</span>', 'test'])
    expect(second).toContain(part);
  expect(alikePictures({ ...nearDuplicates, examples: [] }, [], shown).text).toBe('');
});

test('where images are held back for promotion, those that look alike are counted, too', () => {
  const { across } = pictures.nearDuplicates;
  const more = { ...across, trainGate: 4, validationGate: 5, gateTest: 6 };
  const { text } = facts(
    pictureFacts(
      { ...pictures, nearDuplicates: { across: more, examples: [] } },
      { ...contract, classBalance: { ...contract.classBalance, gate: balance } },
    ),
  );
  expect(text).toContain('0 validation pictures, 4 gate pictures, 1 test picture');
  expect(text).toContain('and validation 5 pictures, and test 6 pictures');
});
