import { readFileSync } from 'node:fs';
import type { ExportedModel } from '../exported-model.ts';

/** The part of a module that is the same in all. */
const runtime = new URL('./classifier.js', import.meta.url);

/**
 * The text of a module that is a model; it may stand in a page, too. Equal models give equal bytes.
 */
export function classifierModule({ steps, shape, pixels, classes, origin }: ExportedModel): string {
  const numbers: Float32Array[] = [];
  let length = 0;
  const placed = (values: Float32Array): number => {
    numbers.push(values);
    length += values.length;
    return length - values.length;
  };
  const listed = steps.map((step) =>
    'weight' in step ? { ...step, weight: placed(step.weight), bias: placed(step.bias) } : step,
  );
  const { height, width, channels } = shape;
  const image = { height, width, channels };
  return `// A classifier of images, written by Atelier. It imports nothing.

/** The names of the classes, in the order of their probabilities. */
export const classes = ${literal(classes)};

/** What an image is: rows, columns, and the values of each pixel (1: grey; 3: red, green, blue). */
export const image = ${literal(image)};

/** The run that it comes from, and the SHA-256 of its model file. */
export const origin = ${literal(origin)};

${readFileSync(runtime, 'utf8')}
export const { probabilities, classify } = classifier({
  classes,
  image,
  factors: ${literal([...pixels.factors])},
  shifts: ${literal([...pixels.shifts])},
  steps: ${literal(listed)},
  weights: ${literal(base64(numbers, length))},
});
`;
}

/** JSON that may stand in a page's script, too, whatever is in it; it is nowhere but in strings. */
const literal = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** Four bytes each, little endian. */
function base64(numbers: readonly Float32Array[], length: number): string {
  const bytes = new DataView(new ArrayBuffer(4 * length));
  let at = 0;
  for (const values of numbers)
    for (const value of values) {
      bytes.setFloat32(at, value, true);
      at += 4;
    }
  return Buffer.from(bytes.buffer).toString('base64');
}
