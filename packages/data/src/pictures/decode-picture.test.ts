import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { decodePicture, type PictureForm, UnusablePicture } from './decode-picture.ts';

const form = (channels: number, fit: PictureForm['fit'] = 'stretch'): PictureForm => ({
  shape: { height: 2, width: 2, channels },
  fit,
});

/** So many rows of so many pixels, the left half red, the right half blue. */
function halves(height: number, width: number): Sharp {
  const pixels = Buffer.alloc(height * width * 3);
  for (let i = 0; i < height * width; i++) pixels[3 * i + (i % width < width / 2 ? 0 : 2)] = 255;
  return sharp(pixels, { raw: { height, width, channels: 3 } });
}

const plain = (background: string | object, channels: 3 | 4 = 3): Sharp =>
  sharp({ create: { height: 4, width: 4, channels, background } });

/** Resizing leaves a little of one side on the other. */
const pure = (pixels: Uint8Array): number[] => Array.from(pixels, (p) => (p < 128 ? 0 : 255));

const decoded = async (picture: Promise<Buffer>, ...of: Parameters<typeof form>) =>
  decodePicture(await picture, form(...of));

const [red, blue] = [
  [255, 0, 0],
  [0, 0, 255],
];

test('pixels are rows of red, green and blue, whatever the format is', async () => {
  const files = [halves(4, 4).png(), halves(4, 4).gif(), halves(4, 4).webp({ lossless: true })];
  for (const file of files) {
    const { pixels, height, width } = await decoded(file.toBuffer(), 3, 'cover');
    expect({ height, width }).toEqual({ height: 4, width: 4 });
    expect(pure(pixels.subarray(0, 6))).toEqual([...red!, ...blue!]);
  }
});

test('an orientation in EXIF is undone', async () => {
  const lying = halves(4, 8).withMetadata({ orientation: 6 }).png().toBuffer();
  const { pixels, height, width } = await decoded(lying, 3);
  expect({ height, width }).toEqual({ height: 8, width: 4 });
  expect(pure(pixels)).toEqual([...red!, ...red!, ...blue!, ...blue!]);
});

test('of every orientation the picture is upright, mirrored ones too', async () => {
  // White on the left, light grey at the lower right, black at the upper right.
  const [w, g] = [255, 128];
  const data = Buffer.from([w, w, 0, 0, w, w, g, g].flatMap((value) => [value, value, value]));
  // Rows of a 2 x 2 picture as EXIF's table of orientations (TIFF 6.0, tag 274) has them shown.
  const upright = [
    [w, 0, w, g],
    [0, w, g, w],
    [g, w, 0, w],
    [w, g, w, 0],
    [w, w, 0, g],
    [w, w, g, 0],
    [g, 0, w, w],
    [0, g, w, w],
  ];
  for (const [i, rows] of upright.entries()) {
    const file = sharp(data, { raw: { height: 2, width: 4, channels: 3 } })
      .withMetadata({ orientation: i + 1 })
      .png();
    const { pixels, height } = await decoded(file.toBuffer(), 1);
    expect(height).toBe(i < 4 ? 2 : 4);
    expect([...pixels].map((p) => (p < 64 ? 0 : p < 192 ? g : w), `orientation ${i + 1}`)).toEqual(
      rows,
    );
  }
});

test('of an animation the first frame counts', async () => {
  const frames = await Promise.all(
    ['red', 'lime', 'blue'].map((colour) => plain(colour).png().toBuffer()),
  );
  for (const format of ['gif', 'webp'] as const) {
    const file = sharp(frames, { join: { animated: true } }).toFormat(format, { lossless: true });
    expect((await sharp(await file.toBuffer()).metadata()).pages).toBe(3);
    const { pixels, height } = await decoded(file.toBuffer(), 3);
    expect([height, pure(pixels.subarray(0, 3))]).toEqual([4, red]);
  }
});

test.each([
  [
    '16 bits',
    plain({ r: 200, g: 100, b: 50 }).toColourspace('rgb16').png(),
    'PNG RGB 16 bit',
    [200, 100, 50],
  ],
  ['grey', plain({ r: 9, g: 9, b: 9 }).toColourspace('b-w').png(), 'PNG grey', [9, 9, 9]],
  [
    'grey of 16 bits',
    plain('white').toColourspace('grey16').png(),
    'PNG grey 16 bit',
    [255, 255, 255],
  ],
  [
    'transparent',
    plain({ r: 9, g: 9, b: 9, alpha: 0 }, 4).png(),
    'PNG RGB with alpha',
    [255, 255, 255],
  ],
  [
    'half transparent',
    plain({ r: 0, g: 0, b: 0, alpha: 0.5 }, 4).png(),
    'PNG RGB with alpha',
    [127, 127, 127],
  ],
  ['CMYK', plain('black').toColourspace('cmyk').jpeg({ quality: 100 }), 'JPEG CMYK', undefined],
])('%s becomes 8 bits in sRGB, and grey', async (_, picture, kind, expected) => {
  const inColour = await decoded(picture.clone().toBuffer(), 3);
  expect(inColour.kind).toBe(kind);
  expect(inColour.pixels).toHaveLength(12);
  if (expected) expect([...inColour.pixels.subarray(0, 3)]).toEqual(expected);
  else expect(Math.max(...inColour.pixels)).toBeLessThan(60);
  const grey = await decoded(picture.clone().toBuffer(), 1);
  expect(grey.pixels).toHaveLength(4);
});

test('a wide picture is cut, gets margins or is drawn out', async () => {
  const pixels = async (fit: PictureForm['fit']) => [
    ...(
      await decodePicture(await halves(4, 16).png().toBuffer(), {
        shape: { height: 4, width: 4, channels: 3 },
        fit,
      })
    ).pixels,
  ];
  // The middle four columns, of which two are red.
  expect((await pixels('cover')).slice(0, 6)).toEqual([...red!, ...red!]);
  expect((await pixels('contain')).slice(0, 3)).toEqual([255, 255, 255]);
  expect((await pixels('stretch')).slice(0, 3)).toEqual(red);
});

test('BMP is read, with its rows bottom up, as far as it is whole', async () => {
  const bytes = Buffer.alloc(54 + 2 * 8);
  bytes.write('BM');
  // Where its pixels begin, its header's length, width, height, planes and bits.
  for (const [at, value] of Object.entries({ 2: 70, 10: 54, 14: 40, 18: 2, 22: 2, 26: 0x180001 }))
    bytes.writeInt32LE(value, Number(at));
  // Blue, green, red: green and white below, red and blue above, each row filled up to four bytes.
  bytes.set([0, 255, 0, 255, 255, 255, 0, 0, 0, 0, 255, 255, 0, 0], 54);
  const { pixels, kind } = await decodePicture(bytes, form(3));
  expect(kind).toBe('BMP RGB');
  expect([...pixels]).toEqual([...red!, ...blue!, 0, 255, 0, 255, 255, 255]);
  await expect(decodePicture(bytes.subarray(0, 60), form(3))).rejects.toThrow(/it is broken/);
  bytes.writeInt32LE(1 << 20, 18);
  bytes.writeInt32LE(-(1 << 20), 22);
  await expect(decodePicture(bytes, form(3))).rejects.toThrow(/million pixels/);
});

/** A PNG file that says it is larger than it is. */
async function claiming(height: number, width: number): Promise<Buffer> {
  const bytes = await plain('red').png().toBuffer();
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

test.each([
  ['nothing', async () => Buffer.alloc(0), /^the file is empty$/],
  ['text', async () => Buffer.from('these are notes'), /^it is no PNG, JPEG/],
  [
    'SVG, which is a program',
    async () => Buffer.from('<svg width="4" height="4"/>'),
    /^it is no PNG/,
  ],
  [
    'half a picture',
    async () => (await halves(99, 99).jpeg().toBuffer()).subarray(0, 400),
    /^it is broken/,
  ],
  [
    'one that claims too many pixels',
    () => claiming(60_000, 60_000),
    /^it has more than 134 million pixels$/,
  ],
])('%s is no picture', async (_, bytes, message) => {
  const refused = decodePicture(await bytes(), form(3));
  await expect(refused).rejects.toThrow(UnusablePicture);
  await expect(refused).rejects.toThrow(message);
});
