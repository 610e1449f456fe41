import { expect, test } from 'vitest';
import { decodePicture } from './decode-picture.ts';
import { readBmp } from './read-bmp.ts';

interface Bmp {
  bits: number;
  width?: number;
  height?: number;
  /** As they lie in the file: rows bottom up, each filled up to four bytes. */
  rows: readonly number[];
  /** Blue, green, red and a byte that means nothing. */
  palette?: readonly number[];
  compression?: number;
  masks?: readonly number[];
  /** Bytes between the head and the pixels. */
  gap?: number;
}

const u16 = (value: number): number[] => [value & 255, (value >> 8) & 255];
const u32 = (value: number): number[] => [...u16(value), ...u16(value >>> 16)];

/** https://learn.microsoft.com/en-us/windows/win32/gdi/bitmap-storage */
function bmp({ bits, rows, width = 3, height = 2, palette = [], ...more }: Bmp): Buffer {
  const { compression = 0, masks = [], gap = 0 } = more;
  const offset = 54 + 4 * masks.length + palette.length + gap;
  return Buffer.from([
    ...[0x42, 0x4d, ...u32(offset + rows.length), ...u32(0), ...u32(offset)],
    ...[...u32(40), ...u32(width), ...u32(height), ...u16(1), ...u16(bits), ...u32(compression)],
    ...[...u32(rows.length), ...u32(2835), ...u32(2835), ...u32(palette.length / 4), ...u32(0)],
    ...[...masks.flatMap(u32), ...palette, ...Array(gap).fill(0xee), ...rows],
  ]);
}

const [red, green, white] = [
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 255],
];
const palette = [[0, 0, 255, 0], [0, 255, 0, 0], [255, 255, 255, 0], Array(4).fill(0)].flat();
const bgr = { red: [0, 0, 255], green: [0, 255, 0], white: [255, 255, 255] };
const [above, below] = [
  [...bgr.red, ...bgr.green, ...bgr.white, 0, 0, 0],
  [...bgr.white, ...bgr.red, ...bgr.green, 0, 0, 0],
];
const [red555, green555, white555] = [0x7c00, 0x03e0, 0x7fff].map(u16);

// Red, green, white above; white, red, green below.
test.each<[string, Buffer]>([
  ['24 bits', bmp({ bits: 24, rows: [...below!, ...above!] })],
  ['rows top down', bmp({ bits: 24, height: -2, rows: [...above!, ...below!] })],
  ['pixels that begin later', bmp({ bits: 24, gap: 7, rows: [...below!, ...above!] })],
  ['a palette of 8 bits', bmp({ bits: 8, palette, rows: [2, 0, 1, 0, 0, 1, 2, 0] })],
  ['one of 4 bits', bmp({ bits: 4, palette, rows: [0x20, 0x10, 0, 0, 0x01, 0x20, 0, 0] })],
  [
    'run lengths of 8 bits',
    bmp({
      bits: 8,
      palette,
      compression: 1,
      rows: [0, 3, 2, 0, 1, 0, 0, 0, 1, 0, 1, 1, 1, 2, 0, 1],
    }),
  ],
  [
    'run lengths of 4 bits',
    bmp({
      bits: 4,
      palette,
      compression: 2,
      rows: [0, 3, 0x20, 0x10, 0, 0, 2, 0x01, 1, 0x20, 0, 1],
    }),
  ],
  [
    'run lengths that go on beside and above the picture',
    bmp({
      bits: 8,
      palette,
      compression: 1,
      rows: [1, 2, 1, 0, 255, 1, 255, 2, 0, 0, 1, 0, 1, 1, 9, 2, 0, 0, 255, 0, 0, 1],
    }),
  ],
  [
    'masks of 32 bits',
    bmp({
      ...{ bits: 32, compression: 3, masks: [0xff000000, 0x00ff0000, 0x0000ff00] },
      rows: [...below!.slice(0, 9), ...above!.slice(0, 9)].flatMap((value, i) =>
        i % 3 === 0 ? [0, value] : [value],
      ),
    }),
  ],
])('%s give the same pixels', (_, bytes) => {
  const pixels = [...red!, ...green!, ...white!, ...white!, ...red!, ...green!];
  expect([...readBmp(bytes)]).toEqual(pixels);
});

test('one bit, 16 bits and grey', async () => {
  const black = [0, 0, 0];
  const bits = bmp({ bits: 1, height: 1, palette: palette.slice(8), rows: [0b0100_0000, 0, 0, 0] });
  expect([...readBmp(bits)]).toEqual([...white!, ...black, ...white!]);
  const rows = [...red555!, ...green555!, ...white555!, 0, 0];
  // Five bits of each.
  expect([...readBmp(bmp({ bits: 16, height: 1, rows }))].map((value) => value >> 3)).toEqual(
    [...red!, ...green!, ...white!].map((value) => value >> 3),
  );
  const shades = Array.from({ length: 256 }, (_, i) => [i, i, i, 0]).flat();
  const grey = bmp({ bits: 8, height: 1, palette: shades, rows: [7, 100, 200, 0] });
  const form = { shape: { height: 1, width: 3, channels: 1 }, fit: 'stretch' as const };
  expect([...(await decodePicture(grey, form)).pixels]).toEqual([7, 100, 200]);
});

test("a header of OS/2's is read, and sizes in it are limited", async () => {
  const rows = [...above!];
  const head = [...u32(12), ...u16(3), ...u16(1), ...u16(1), ...u16(24)];
  const bytes = Buffer.from([0x42, 0x4d, ...u32(38), ...u32(0), ...u32(26), ...head, ...rows]);
  const form = { shape: { height: 1, width: 3, channels: 3 }, fit: 'stretch' as const };
  expect([...(await decodePicture(bytes, form)).pixels]).toEqual([...red!, ...green!, ...white!]);
  bytes.writeUInt16LE(32_000, 18);
  bytes.writeUInt16LE(32_000, 20);
  await expect(decodePicture(bytes, form)).rejects.toThrow(/million pixels/);
});

test('what ends too early is broken, however it is written', async () => {
  const form = { shape: { height: 1, width: 3, channels: 3 }, fit: 'stretch' as const };
  const runs = { bits: 8, palette, compression: 1, rows: [3, 2, 0, 0, 3, 1, 0, 1] };
  for (const whole of [bmp(runs), bmp({ bits: 24, rows: [...below!, ...above!] })])
    await expect(decodePicture(whole.subarray(0, -4), form)).rejects.toThrow(/end is missing/);
});
