import { uniforms } from '@atelier/random';

/** Is the point of a garment? x from -1 (left) to 1, y from 0 (top) to 1. */
type Shape = (x: number, y: number) => boolean;

const within = (value: number, from: number, to: number) => value >= from && value <= to;
const body: Shape = (x, y) => within(y, 0.12, 0.9) && Math.abs(x) < 0.5;
const sleeves =
  (length: number): Shape =>
  (x, y) =>
    within(Math.abs(x), 0.5, 0.85) && within(y, 0.14 + (Math.abs(x) - 0.5) * 0.3, length);
const sole: Shape = (x, y) => within(y, 0.68, 0.78) && Math.abs(x) < 0.9;

const shapes: Shape[] = [
  (x, y) => body(x, y) || sleeves(0.42)(x, y),
  (x, y) => within(y, 0.05, 0.97) && within(Math.abs(x), y < 0.25 ? 0 : 0.1, 0.42),
  (x, y) => body(x, y) || sleeves(0.85)(x, y),
  (x, y) => within(y, 0.05, 0.97) && Math.abs(x) < 0.22 + 0.38 * Math.max(0, y - 0.35),
  (x, y) => (body(x, y) && Math.abs(x) > 0.05) || sleeves(0.88)(x, y),
  (x, y) => sole(x, y) || (within(y, 0.4, 0.68) && Math.abs(Math.sin(9 * x + 6 * y)) > 0.8),
  (x, y) => (body(x, y) && !(Math.abs(x) < 0.12 && y < 0.3)) || sleeves(0.7)(x, y),
  (x, y) => sole(x, y) || (within(y, 0.68 - 0.22 * (1 + x) * 0.7, 0.68) && Math.abs(x) < 0.88),
  (x, y) =>
    within(y, 0.35, 0.85) ? Math.abs(x) < 0.8 : within(Math.hypot(x, 2.2 * (y - 0.35)), 0.42, 0.55),
  (x, y) =>
    sole(x, y) || (within(y, x > 0.1 ? 0.15 : 0.45 - 0.2 * x, 0.7) && within(x, -0.88, 0.8)),
];

/** Drawings that look a little like clothes, [n, 28, 28], each a bit different. */
export function garments(labels: Uint8Array): Uint8Array {
  const images = new Uint8Array(labels.length * 784);
  labels.forEach((label, i) => {
    const [width, shift, shade, texture] = uniforms(4, 3, i) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const shape = shapes[label % shapes.length]!;
    for (let row = 0; row < 28; row++)
      for (let column = 0; column < 28; column++) {
        const x = ((column - 13.5) / 13.5 - 0.1 * (shift - 0.5)) / (0.85 + 0.3 * width);
        if (!shape(x, row / 27)) continue;
        const cloth =
          0.75 + 0.25 * Math.sin(row * (0.5 + 2 * texture)) * Math.cos(column * texture);
        images[i * 784 + row * 28 + column] = Math.round((90 + 165 * shade) * cloth);
      }
  });
  return images;
}
