/** A picture with nothing to decide about: upright, 8 bits, grey or sRGB without a colour profile, opaque. */
export interface PlainPicture {
  format: 'JPEG' | 'PNG';
  height: number;
  width: number;
  isGrey: boolean;
}

/** Bytes of a file beyond those that its pixels can need: what it says about itself. */
const mostBeside = 2 ** 16;
const mostBytesAPixel = 4;

/**
 * What a file says of the picture where it is a JPEG in one scan or a PNG, whole and plain, and no longer than such
 * a picture may be: whoever decodes it then takes as long as for any other of its size.
 * @returns undefined for every other file, broken ones included
 */
export function plainPicture(bytes: Buffer): PlainPicture | undefined {
  try {
    const picture = bytes[0] === 0xff ? plainJpeg(bytes) : plainPng(bytes);
    if (picture === undefined) return undefined;
    const pixels = picture.height * picture.width;
    return pixels > 0 && bytes.length <= mostBytesAPixel * pixels + mostBeside
      ? picture
      : undefined;
  } catch (error) {
    // It ends too early.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const startOfScan = Buffer.from([0xff, 0xda]);

/** By ITU-T T.81, annex B: segments, and one scan of all components. */
function plainJpeg(bytes: Buffer): PlainPicture | undefined {
  if (bytes.readUInt16BE(0) !== 0xffd8 || bytes.readUInt16BE(bytes.length - 2) !== 0xffd9)
    return undefined;
  let picture: PlainPicture | undefined;
  for (let at = 2; ; ) {
    const marker = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    if (marker === 0xffda) {
      const isOnly = bytes.indexOf(startOfScan, at + 2 + length) === -1;
      const components = picture?.isGrey ? 1 : 3;
      return components === bytes.readUInt8(at + 4) && isOnly ? picture : undefined;
    }
    if (marker === 0xffc0) {
      const [precision, components] = [bytes.readUInt8(at + 4), bytes.readUInt8(at + 9)];
      const isUsual = precision === 8 && [1, 3].includes(components);
      if (picture !== undefined || !isUsual || !hasUsualSampling(bytes, at + 10, components))
        return undefined;
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
      picture = { format: 'JPEG', height, width, isGrey: components === 1 };
    } else if (!isPlainSegment(marker, bytes.subarray(at + 4))) return undefined;
    at += 2 + length;
  }
}

/** 4:4:4, 4:2:2 or 4:2:0: how other colours are drawn out to the size of the brightness differs among decoders. */
function hasUsualSampling(bytes: Buffer, at: number, components: number): boolean {
  const [first, ...others] = Array.from({ length: components }, (_, i) =>
    bytes.readUInt8(at + 3 * i + 1),
  );
  return [0x11, 0x21, 0x22].includes(first!) && others.every((factors) => factors === 0x11);
}

/** Tables, comments, and applications' segments but those with EXIF or a colour profile. */
function isPlainSegment(marker: number, content: Buffer): boolean {
  if ([0xffc4, 0xffdb, 0xffdd, 0xfffe].includes(marker)) return true;
  if (marker === 0xffe1) return content.toString('latin1', 0, 4) !== 'Exif';
  if (marker === 0xffe2) return content.toString('latin1', 0, 11) !== 'ICC_PROFILE';
  return marker >= 0xffe0 && marker <= 0xffef;
}

const pngSignature = '\x89PNG\r\n\x1a\n';
const [grey, truecolour] = [0, 2];

/** Without those that are compressed, or say of colours, transparency and orientation what is to be heeded. */
const plainChunks = new Set(
  'IHDR PLTE IDAT IEND gAMA cHRM sRGB sBIT bKGD hIST pHYs tIME tEXt'.split(' '),
);

/** By the PNG specification's clauses 5 and 11: chunks up to the end. */
function plainPng(bytes: Buffer): PlainPicture | undefined {
  if (bytes.toString('latin1', 0, 8) !== pngSignature) return undefined;
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const [depth, colours, interlacing] = [24, 25, 28].map((at) => bytes.readUInt8(at));
  if (depth !== 8 || interlacing !== 0 || ![grey, truecolour].includes(colours!)) return undefined;
  for (let at = 8; ; ) {
    const chunk = bytes.toString('latin1', at + 4, at + 8);
    if (!plainChunks.has(chunk)) return undefined;
    at += 12 + bytes.readUInt32BE(at);
    if (chunk !== 'IEND') continue;
    return at === bytes.length
      ? { format: 'PNG', height, width, isGrey: colours === grey }
      : undefined;
  }
}
