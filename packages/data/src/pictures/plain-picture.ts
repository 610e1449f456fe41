/** A picture with nothing to decide about: upright, 8 bits, grey or sRGB without a colour profile, opaque. */
export interface PlainPicture {
  format: 'JPEG' | 'PNG';
  height: number;
  width: number;
  isGrey: boolean;
}

/**
 * What a file's head says of the picture where it is a baseline JPEG or a PNG, whole and plain.
 * @returns undefined for every other file, broken ones included
 */
export function plainPicture(bytes: Buffer): PlainPicture | undefined {
  try {
    const picture = bytes[0] === 0xff ? plainJpeg(bytes) : plainPng(bytes);
    return picture && picture.height > 0 && picture.width > 0 ? picture : undefined;
  } catch (error) {
    // It ends within its head.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** By ITU-T T.81, annex B: segments up to the first scan. */
function plainJpeg(bytes: Buffer): PlainPicture | undefined {
  if (bytes.readUInt16BE(0) !== 0xffd8 || bytes.readUInt16BE(bytes.length - 2) !== 0xffd9)
    return undefined;
  let picture: PlainPicture | undefined;
  for (let at = 2; ; ) {
    const marker = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    if (marker === 0xffda) return picture;
    if (marker === 0xffc0) {
      const [precision, components] = [bytes.readUInt8(at + 4), bytes.readUInt8(at + 9)];
      if (picture !== undefined || precision !== 8 || ![1, 3].includes(components))
        return undefined;
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
      picture = { format: 'JPEG', height, width, isGrey: components === 1 };
    } else if (!isPlainSegment(marker, bytes.subarray(at + 4))) return undefined;
    at += 2 + length;
  }
}

/** Tables, comments, and applications' segments but those with EXIF or a colour profile. */
function isPlainSegment(marker: number, content: Buffer): boolean {
  if ([0xffc4, 0xffdb, 0xffdd, 0xfffe].includes(marker)) return true;
  if (marker === 0xffe1) return content.toString('latin1', 0, 4) !== 'Exif';
  if (marker === 0xffe2) return content.toString('latin1', 0, 11) !== 'ICC_PROFILE';
  return marker >= 0xffe0 && marker <= 0xffef;
}

const pngSignature = '\x89PNG\r\n\x1a\n';
const pngEnd = 'IEND\xaeB`\x82';
const [grey, truecolour] = [0, 2];

/** By the PNG specification's clauses 5 and 11: chunks up to the first of the image's data. */
function plainPng(bytes: Buffer): PlainPicture | undefined {
  if (bytes.toString('latin1', 0, 8) !== pngSignature) return undefined;
  if (bytes.toString('latin1', bytes.length - 8) !== pngEnd) return undefined;
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const [depth, colours, interlacing] = [24, 25, 28].map((at) => bytes.readUInt8(at));
  if (depth !== 8 || interlacing !== 0 || ![grey, truecolour].includes(colours!)) return undefined;
  for (let at = 8; ; at += 12 + bytes.readUInt32BE(at)) {
    const chunk = bytes.toString('latin1', at + 4, at + 8);
    if (chunk === 'IDAT') return { format: 'PNG', height, width, isGrey: colours === grey };
    // Transparency, colour profiles and orientation.
    if (['tRNS', 'iCCP', 'eXIf', ''].includes(chunk)) return undefined;
  }
}
