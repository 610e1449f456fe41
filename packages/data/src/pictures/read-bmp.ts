import { decode } from 'bmp-ts';

/** Where a BMP file has its width and height: signed, little endian; of a negative height the rows lie top down. */
const sizeAt = 18;

/** Pixels that a byte of the file can stand for: of run lengths two bytes make 255 at most. */
const densest = 128;

/** Whether so many pixels can be in a file: what is decoded takes its memory before it is read. */
export const holdsPixels = (bytes: Buffer, pixels: number): boolean =>
  pixels <= densest * bytes.length;

/** Width and height as a BMP file's header has them; undefined where the file ends before. */
export function bmpSize(bytes: Buffer): { width: number; height: number } | undefined {
  if (bytes.length < sizeAt + 8) return undefined;
  const [width, height] = [bytes.readInt32LE(sizeAt), bytes.readInt32LE(sizeAt + 4)];
  return { width, height: Math.abs(height) };
}

/**
 * The pixels of a BMP file, which libvips does not read: [height, width, 3]. Its alpha is ignored,
 * because most programs leave it 0.
 * @throws Error where the file is broken or of a kind that nobody writes
 */
export function readBmp(bytes: Buffer): Uint8Array {
  const { data } = decode(bytes, { toRGBA: true });
  const pixels = new Uint8Array((data.length / 4) * 3);
  for (let i = 0, o = 0; i < data.length; i += 4, o += 3) {
    pixels[o] = data[i]!;
    pixels[o + 1] = data[i + 1]!;
    pixels[o + 2] = data[i + 2]!;
  }
  return pixels;
}
