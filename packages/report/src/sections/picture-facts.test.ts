import { expect, test } from 'vitest';
import { pictureFacts } from './picture-facts.ts';
import { facts } from './section.ts';

const balance = { smallest: 3, largest: 40, emptyClasses: [] };
const contract = {
  classBalance: { train: balance, validation: balance, test: balance },
} as unknown as Parameters<typeof pictureFacts>[1];

test('what was found in pictures is said, and a name of a file is text', () => {
  const at = { split: 'train' as const, index: 0, label: 0, path: 'cat/1.png' };
  const found = pictureFacts(
    {
      leftOut: { count: 2, examples: [{ path: '<b>/x.png', why: 'the file is empty' }] },
      kinds: { 'PNG RGB': 5, 'JPEG CMYK': 1200 },
      sizes: {
        smallest: { height: 3, width: 5 },
        largest: { height: 900, width: 600 },
        enlarged: 1,
      },
      nearDuplicates: {
        across: { trainValidation: 0, trainTest: 1, validationTest: 0 },
        examples: [[at, { ...at, split: 'test', path: 'cat/2.png' }]],
      },
    },
    contract,
  );
  const { text } = facts(found);
  for (const part of [
    '1,200 JPEG CMYK, 5 PNG RGB',
    '3 × 5 to 900 × 600 pixels; 1 had to be enlarged',
    '3 to 40 pictures',
    '0 validation pictures, 1 test picture, without',
    'cat/1.png (train) and cat/2.png (test)',
    '&lt;b&gt;/x.png: the file is empty',
  ])
    expect(text).toContain(part);
});
