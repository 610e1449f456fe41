import { createHash } from 'node:crypto';
import { uniforms } from '@atelier/random';
import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { decodePicture, type PictureForm, UnusablePicture } from './decode-picture.ts';
import { plainPicture } from './plain-picture.ts';

/** Coarse shapes with fine grain, as photographs have. */
function photo(height: number, width: number, channels: 1 | 3, seed = 1): Sharp {
  const coarse = { height: 6, width: 8, channels };
  const shapes = Buffer.from(uniforms(6 * 8 * channels, seed).map((u) => 256 * u));
  const picture = sharp(shapes, { raw: coarse }).resize({ height, width, kernel: 'cubic' });
  return picture.toColourspace(channels === 1 ? 'b-w' : 'srgb');
}

const form = (size: number, channels = 3, fit: PictureForm['fit'] = 'cover'): PictureForm => ({
  shape: { height: size, width: size, channels },
  fit,
});

const fits = { cover: 'cover', stretch: 'fill' } as const;

/** As libvips makes it of all of the picture's pixels, without a decoder's own scaling. */
async function byLibvips(file: Buffer, size: number, fit: keyof typeof fits): Promise<Buffer> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  const { height, width, channels } = info;
  return sharp(data, { raw: { height, width, channels } })
    .resize(size, size, { fit: fits[fit] })
    .raw()
    .toBuffer();
}

const differences = (a: Uint8Array, b: Uint8Array): number[] =>
  Array.from(a, (value, i) => Math.abs(value - b[i]!));
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

test.each([1, 3] as const)(
  'a PNG of the form’s size keeps its pixels, of %i channels',
  async (channels) => {
    const file = await photo(32, 32, channels).png().toBuffer();
    const { pixels, kind } = await decodePicture(file, form(32, channels));
    const space = channels === 1 ? 'b-w' : 'srgb';
    expect(Buffer.from(pixels)).toEqual(await sharp(file).toColourspace(space).raw().toBuffer());
    expect(kind).toBe(channels === 1 ? 'PNG grey' : 'PNG RGB');
  },
);

test('a grey picture is as grey among coloured ones', async () => {
  const file = await photo(32, 32, 1).png().toBuffer();
  const { pixels } = await decodePicture(file, form(32));
  const grey = await sharp(file).toColourspace('b-w').raw().toBuffer();
  expect([...pixels]).toEqual([...grey].flatMap((value) => [value, value, value]));
});

test.each([
  ['cover', 97, 61],
  ['cover', 61, 130],
  ['cover', 375, 500],
  ['stretch', 97, 61],
  ['stretch', 257, 257],
  ['cover', 129, 129],
  ['cover', 127, 129],
  ['cover', 97, 96],
  ['stretch', 375, 500],
] as const)(
  'made smaller they are what libvips makes of all pixels: %s, %i × %i',
  async (fit, height, width) => {
    for (const encode of ['png', 'jpeg'] as const) {
      const file = await photo(height, width, 3)[encode]().toBuffer();
      expect(plainPicture(file)).toMatchObject({ height, width, isGrey: false });
      const { pixels } = await decodePicture(file, form(32, 3, fit));
      const apart = differences(pixels, await byLibvips(file, 32, fit));
      // Neighbours of the pixels are tens of levels away, so that half a pixel's shift would show.
      expect(mean(apart)).toBeLessThan(1);
      expect(Math.max(...apart)).toBeLessThanOrEqual(5);
    }
  },
);

test('a picture has the pixels that it has alone in whatever company', async () => {
  const files = await Promise.all(
    Array.from({ length: 70 }, (_, i) =>
      photo(40 + i, 60, 3, i + 1)
        [i % 3 === 0 ? 'png' : 'jpeg']()
        .toBuffer(),
    ),
  );
  const together = await Promise.all(files.map((file) => decodePicture(file, form(32))));
  const alone: typeof together = [];
  for (const file of files) alone.push(await decodePicture(file, form(32)));
  expect(together).toEqual(alone);
});

test('their pixels are known', async () => {
  const file = await photo(97, 61, 3).jpeg({ quality: 90 }).toBuffer();
  const { pixels } = await decodePicture(file, form(16));
  expect(createHash('sha256').update(pixels).digest('hex').slice(0, 12)).toBe('8787901370ae');
});

const whole = photo(48, 48, 3);

const spliced = (bytes: Buffer, at: number, more: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
const chunk = (name: string): Buffer =>
  Buffer.concat([Buffer.alloc(4), Buffer.from(name), Buffer.alloc(4)]);
/** Segments of 4 bytes each. */
const comments = (bytes: number): Buffer => Buffer.alloc(bytes, Buffer.from('fffe0002', 'hex'));

/** Has its first scan say that it is of so many components, and adds an empty one to it. */
async function scans(encoded: Promise<Buffer>, components: number): Promise<Buffer> {
  const bytes = Buffer.from(await encoded);
  bytes[bytes.indexOf('ffda', 0, 'hex') + 4] = components;
  return components === 1 ? bytes : spliced(bytes, -2, Buffer.from('ffda0008010100003f00', 'hex'));
}
test.each<[why: string, file: Promise<Buffer>]>([
  ['a JPEG’s orientation', whole.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer()],
  ['a JPEG’s colour profile', whole.clone().jpeg().withIccProfile('p3').toBuffer()],
  ['a JPEG in several scans', whole.clone().jpeg({ progressive: true }).toBuffer()],
  ['a JPEG with a scan for each colour', scans(whole.clone().jpeg().toBuffer(), 1)],
  ['a JPEG with a scan twice', scans(whole.clone().jpeg().toBuffer(), 3)],
  [
    'a JPEG with more besides than a picture',
    whole
      .clone()
      .jpeg()
      .toBuffer()
      .then((it) => spliced(it, 2, comments(2 ** 17))),
  ],
  [
    'a PNG’s compressed text',
    whole
      .clone()
      .png()
      .toBuffer()
      .then((it) => spliced(it, -12, chunk('zTXt'))),
  ],
  [
    'a PNG with something behind it',
    whole
      .clone()
      .png()
      .toBuffer()
      .then((it) => Buffer.concat([it, Buffer.alloc(9)])),
  ],
  [
    'a JPEG with a quarter of the colours along a side',
    whole
      .clone()
      .jpeg({ chromaSubsampling: '4:4:4' })
      .toBuffer()
      .then((it) => {
        it[it.indexOf('ffc00011', 0, 'hex') + 11] = 0x41;
        return it;
      }),
  ],
  ['a JPEG with four colours', whole.clone().toColourspace('cmyk').jpeg().toBuffer()],
  [
    'a JPEG without its end',
    whole
      .clone()
      .jpeg()
      .toBuffer()
      .then((it) => it.subarray(0, -9)),
  ],
  ['a PNG’s colour profile', whole.clone().png().withIccProfile('p3').toBuffer()],
  ['a PNG’s orientation', whole.clone().png().withMetadata({ orientation: 6 }).toBuffer()],
  ['a PNG’s transparency', whole.clone().ensureAlpha(0.5).png().toBuffer()],
  ['a PNG’s palette', whole.clone().png({ palette: true }).toBuffer()],
  ['a PNG of 16 bits', whole.clone().toColourspace('rgb16').png().toBuffer()],
  ['a PNG in passes', whole.clone().png({ progressive: true }).toBuffer()],
  [
    'a PNG without its end',
    whole
      .clone()
      .png()
      .toBuffer()
      .then((it) => it.subarray(0, -9)),
  ],
  ['a WebP', whole.clone().webp().toBuffer()],
  ['a beginning of a JPEG', Promise.resolve(Buffer.from('ffd8ffc00011', 'hex'))],
  ['a beginning of a PNG', Promise.resolve(Buffer.from('89504e470d0a1a0a0000', 'hex'))],
  ['a byte', Promise.resolve(Buffer.from([0xff]))],
])('%s is nothing plain', async (_, file) => {
  expect(plainPicture(await file)).toBeUndefined();
});

test.each<[what: string, file: Promise<Buffer>, form: PictureForm]>([
  ['larger', photo(20, 20, 3).png().toBuffer(), form(32, 3, 'stretch')],
  ['grey of colours', photo(64, 64, 3).png().toBuffer(), form(32, 1, 'stretch')],
  ['with margins', photo(40, 64, 3).png().toBuffer(), form(32, 3, 'contain')],
  ['of many pixels', photo(600, 600, 3).png().toBuffer(), form(32, 3, 'stretch')],
])('libvips makes what is made %s', async (_, encoded, wanted) => {
  const file = await encoded;
  const { pixels } = await decodePicture(file, wanted);
  const { height, width, channels } = wanted.shape;
  const fit = { cover: 'cover', contain: 'contain', stretch: 'fill' } as const;
  const expected = await sharp(file)
    .resize({ height, width, fit: fit[wanted.fit], background: 'white' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
  expect(Buffer.from(pixels)).toEqual(expected);
});

test('what libvips calls broken is broken, and nothing besides it', async () => {
  const good = await Promise.all([
    photo(60, 60, 3).jpeg().toBuffer(),
    photo(34, 34, 3).png().toBuffer(),
  ]);
  const places = uniforms(2 * 120, 5);
  const files = Array.from({ length: 120 }, (_, i) => {
    const file = Buffer.from(good[i % 2]!);
    file[Math.floor(places[2 * i]! * file.length)] = Math.floor(places[2 * i + 1]! * 256);
    return file;
  });
  const isRefused = (decoding: Promise<unknown>): Promise<boolean> =>
    decoding.then(
      () => false,
      () => true,
    );
  const refused = await Promise.all(
    files.map((file) =>
      decodePicture(file, form(32)).then(
        () => false,
        (error) => {
          expect(error).toBeInstanceOf(UnusablePicture);
          return true;
        },
      ),
    ),
  );
  const expected = await Promise.all(
    files.map((file) => isRefused(sharp(file, { failOn: 'error' }).raw().toBuffer())),
  );
  expect(refused).toEqual(expected);
  expect(new Set(expected).size).toBe(2);
});
