import sharp, { type Metadata, type Sharp } from 'sharp';
import type { ImageShape } from '../image-shape.ts';
import type { Fit } from './picture-list.ts';
import { decodePlain, plainDecoder } from './plain-decoder.ts';
import { plainPicture } from './plain-picture.ts';
import { bmpSize, holdsPixels, readBmp } from './read-bmp.ts';

/** What decodes pictures: other versions may round otherwise. */
export const decoders = (): string =>
  `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}, ${plainDecoder()}`;

/** What pictures are made into. */
export interface PictureForm {
  shape: ImageShape;
  fit: Fit;
}

export interface DecodedPicture {
  /** [height, width, channels] of the form. */
  pixels: Uint8Array;
  /** The picture's own size, upright. */
  height: number;
  width: number;
  /** For people: "JPEG CMYK". */
  kind: string;
}

/** A file that no picture can be made of; its message says why, in a few words. */
export class UnusablePicture extends Error {}

/** What a picture may cost: a small file may claim, and decode to, all of the memory. */
export interface DecodeLimits {
  pixels: number;
  seconds: number;
}

/** More than any camera makes. */
const usual: DecodeLimits = { pixels: 2 ** 27, seconds: 60 };

/** Behind what is transparent, and around what is smaller than its frame. */
const background = 'white';

const fits = { cover: 'cover', contain: 'contain', stretch: 'fill' } as const;

// One thread a picture, as many pictures as there are cores; and nothing is read twice.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Makes pixels of a picture file: upright by its EXIF orientation, 8 bits, in sRGB or grey, what is
 * transparent on white, of the form's size. What it is decides its content, not its name; of an
 * animation it is the first frame. Small plain ones TensorFlow decodes, which begins sooner, all others libvips
 * (docs/decisions/0042-two-decoders.md). The same bytes, form and `decoders` give the same pixels.
 * @throws UnusablePicture
 */
export async function decodePicture(
  bytes: Buffer,
  form: PictureForm,
  limits = usual,
): Promise<DecodedPicture> {
  const format = formatOf(bytes);
  const plain = plainPicture(bytes);
  if (plain !== undefined && plain.height * plain.width <= limits.pixels) {
    const pixels = await decodePlain(bytes, plain, form);
    const { height, width, isGrey } = plain;
    if (pixels) return { pixels, height, width, kind: `${format} ${isGrey ? 'grey' : 'RGB'}` };
  }
  try {
    const { picture, metadata } = await open(bytes, format, limits);
    const { height, width } = metadata.autoOrient;
    const { data, info } = await shaped(picture, metadata, form)
      .timeout({ seconds: limits.seconds })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { shape } = form;
    if ([info.height, info.width, info.channels].join() !== Object.values(shape).join())
      throw new UnusablePicture(
        `it gives ${info.height} × ${info.width} × ${info.channels} values`,
      );
    return { pixels: data, height, width, kind: kindOf(format, metadata) };
  } catch (error) {
    if (error instanceof UnusablePicture) throw error;
    throw unusable(error as Error, limits);
  }
}

type Format = 'PNG' | 'JPEG' | 'GIF' | 'WebP' | 'BMP';

/** By its first bytes: libvips knows more formats, of which some are programs. */
function formatOf(bytes: Buffer): Format {
  if (bytes.length === 0) throw new UnusablePicture('the file is empty');
  const head = bytes.toString('latin1', 0, 12);
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (head.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (/^GIF8[79]a/.test(head)) return 'GIF';
  if (/^RIFF[\s\S]{4}WEBP/.test(head)) return 'WebP';
  if (head.startsWith('BM')) return 'BMP';
  throw new UnusablePicture('it is no PNG, JPEG, WebP, GIF or BMP picture');
}

async function open(
  bytes: Buffer,
  format: Format,
  { pixels }: DecodeLimits,
): Promise<{ picture: Sharp; metadata: Metadata }> {
  const picture =
    format === 'BMP'
      ? openBmp(bytes, pixels)
      : sharp(bytes, { limitInputPixels: pixels, failOn: 'error' });
  return { picture, metadata: await picture.metadata() };
}

function openBmp(bytes: Buffer, most: number): Sharp {
  const { width = 0, height = 0 } = bmpSize(bytes) ?? {};
  if (width <= 0 || height === 0) throw broken();
  if (width * height > most) throw tooLarge(most);
  if (!holdsPixels(bytes, width * height)) throw broken();
  return sharp(readBmp(bytes), { raw: { width, height, channels: 3 } });
}

function shaped(picture: Sharp, { hasAlpha }: Metadata, { shape, fit }: PictureForm): Sharp {
  const { height, width, channels } = shape;
  const upright = picture.autoOrient();
  return (hasAlpha ? upright.flatten({ background }) : upright)
    .resize({ height, width, fit: fits[fit], background })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb');
}

function kindOf(format: Format, { space, depth, hasAlpha }: Metadata): string {
  const colours = /^(b-w|grey)/.test(space) ? 'grey' : space === 'cmyk' ? 'CMYK' : 'RGB';
  const bits = depth === 'ushort' ? ' 16 bit' : '';
  return `${format} ${colours}${bits}${hasAlpha ? ' with alpha' : ''}`;
}

const broken = (): UnusablePicture => new UnusablePicture('it is broken, or its end is missing');

const tooLarge = (most: number): UnusablePicture =>
  new UnusablePicture(`it has more than ${Math.floor(most / 1e6)} million pixels`);

function unusable({ message }: Error, { pixels, seconds }: DecodeLimits): UnusablePicture {
  if (/pixel limit/.test(message)) return tooLarge(pixels);
  if (/timeout/i.test(message))
    return new UnusablePicture(`decoding it takes more than ${seconds} seconds`);
  // What libvips says of it may be about a picture that it decodes at the same time.
  return broken();
}
