/** What reads BMP files; raised where the same file gives other pixels. */
export const bmpReader = 'BMP reader 2';

/** Pixels that a byte of the file can stand for: of run lengths two bytes make 255 at most. */
const densest = 128;

/** Whether so many pixels can be in a file: what is decoded takes its memory before it is read. */
export const holdsPixels = (bytes: Buffer, pixels: number): boolean =>
  pixels <= densest * bytes.length;

/** Bytes of OS/2's header, whose width and height have two bytes each. */
const shortHeader = 12;

/** Width and height as a BMP file's header has them, little endian; undefined where the file ends before. */
export function bmpSize(bytes: Buffer): { width: number; height: number } | undefined {
  if (bytes.length < 26) return undefined;
  if (bytes.readUInt32LE(14) === shortHeader)
    return { width: bytes.readUInt16LE(18), height: bytes.readUInt16LE(20) };
  // Of a negative height the rows lie top down.
  return { width: bytes.readInt32LE(18), height: Math.abs(bytes.readInt32LE(22)) };
}

type Colour = readonly [red: number, green: number, blue: number];

/** What a file says of its pixels besides their size. */
interface Head {
  bits: number;
  /** 0: none; 1 and 2: run lengths of 8 and 4 bits; 3 and 6: masks say where the colours are. */
  compression: number;
  topDown: boolean;
  /** Where the pixels begin. */
  offset: number;
  /** [256, 3]; black where the file has no colour. */
  palette: Uint8Array;
}

/**
 * The pixels of a BMP file, which libvips does not read: [height, width, 3]. Its alpha is ignored,
 * because most programs leave it 0.
 * Source: https://learn.microsoft.com/en-us/windows/win32/gdi/bitmap-storage
 * @throws Error where the file is broken or of a kind that nobody writes
 */
export function readBmp(bytes: Buffer): Uint8Array {
  const { width, height } = bmpSize(bytes)!;
  const head = headOf(bytes);
  const { bits, compression, topDown, offset, palette } = head;
  const pixels = new Uint8Array(height * width * 3);
  const isIndexed = bits <= 8;
  const indices = isIndexed && compression > 0 ? unrolled(bytes, width, height, head) : undefined;
  const stride = 4 * Math.ceil((width * bits) / 32);
  if (indices === undefined && offset + stride * height > bytes.length)
    throw new Error('its end is missing');
  const colourAt = isIndexed ? undefined : colourReader(bytes, bits, compression);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const stored = topDown ? y : height - 1 - y;
    const row = offset + stored * stride;
    for (let x = 0; x < width; x++, to += 3) {
      if (colourAt) pixels.set(colourAt(row + (x * bits) / 8), to);
      else {
        // A few bytes may stand for millions of pixels, for which nobody shall wait: no array for each.
        const from = 3 * (indices ? indices[stored * width + x]! : indexAt(bytes, row, x, bits));
        pixels[to] = palette[from]!;
        pixels[to + 1] = palette[from + 1]!;
        pixels[to + 2] = palette[from + 2]!;
      }
    }
  }
  return pixels;
}

function headOf(bytes: Buffer): Head {
  const length = bytes.readUInt32LE(14);
  const offset = bytes.readUInt32LE(10);
  const isShort = length === shortHeader;
  if (!isShort && length < 40) throw new Error('an unknown header');
  const bits = bytes.readUInt16LE(isShort ? 24 : 28);
  const compression = isShort ? 0 : bytes.readUInt32LE(30);
  const known = { 0: [1, 4, 8, 16, 24, 32], 1: [8], 2: [4], 3: [16, 32], 6: [16, 32] };
  if (!known[compression as 0]?.includes(bits)) throw new Error('an unknown kind');
  const masks = length > 40 ? 0 : ({ 3: 12, 6: 16 }[compression] ?? 0);
  const [begin, size] = [14 + length + masks, isShort ? 3 : 4];
  const said = isShort ? 0 : bytes.readUInt32LE(46);
  const colours = bits > 8 ? 0 : Math.min(said || 256, 1 << bits);
  const palette = new Uint8Array(3 * 256);
  for (let i = 0; i < colours; i++) {
    const at = begin + size * i;
    if (at + 3 <= Math.min(offset, bytes.length))
      palette.set([bytes[at + 2]!, bytes[at + 1]!, bytes[at]!], 3 * i);
  }
  return { bits, compression, topDown: !isShort && bytes.readInt32LE(22) < 0, offset, palette };
}

const indexAt = (bytes: Buffer, row: number, x: number, bits: number): number =>
  (bytes[row + ((x * bits) >> 3)]! >> (8 - bits - ((x * bits) & 7))) & ((1 << bits) - 1);

/** What gives the colour that begins at a byte. */
function colourReader(bytes: Buffer, bits: number, compression: number): (at: number) => Colour {
  if (bits === 24) return (at) => [bytes[at + 2]!, bytes[at + 1]!, bytes[at]!];
  const usual = bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0xff00, 0xff];
  // They stand at the same place, whether they follow the header or belong to it.
  const masks = compression === 0 ? usual : [54, 58, 62].map((at) => bytes.readUInt32LE(at));
  const [red, green, blue] = masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    const most = mask >>> shift;
    return (value: number) =>
      most === 0 ? 0 : Math.round((255 * ((value & mask) >>> shift)) / most);
  });
  return (at) => {
    const value = bits === 16 ? bytes.readUInt16LE(at) : bytes.readUInt32LE(at);
    return [red!(value), green!(value), blue!(value)];
  };
}

/** The indices that run lengths stand for, [height, width], in the order of the file's rows. */
function unrolled(
  bytes: Buffer,
  width: number,
  height: number,
  { bits, offset }: Head,
): Uint8Array {
  const indices = new Uint8Array(width * height);
  let [at, x, y] = [offset, 0, 0];
  const next = (): number => {
    if (at >= bytes.length) throw new Error('its end is missing');
    return bytes[at++]!;
  };
  const put = (index: number): void => {
    if (x < width && y < height) indices[y * width + x] = index;
    x += 1;
  };
  const nibble = (value: number, i: number): number => (i % 2 === 0 ? value >> 4 : value & 15);
  for (;;) {
    const [count, what] = [next(), next()];
    if (count > 0) {
      // What would lie beside the picture is not counted one by one.
      const within = y < height ? Math.min(count, Math.max(0, width - x)) : 0;
      for (let i = 0; i < within; i++)
        indices[y * width + x + i] = bits === 8 ? what : nibble(what, i);
      x += count;
    } else if (what === 1) return indices;
    else if (what === 0) [x, y] = [0, y + 1];
    else if (what === 2) [x, y] = [x + next(), y + next()];
    else {
      const begin = at;
      for (let i = 0, value = 0; i < what; i++) {
        if (bits === 8 || i % 2 === 0) value = next();
        put(bits === 8 ? value : nibble(value, i));
      }
      if ((at - begin) % 2 === 1) next();
    }
  }
}
