import { readFileSync } from 'node:fs';
import type { ExportedModel } from '../exported-model.ts';
import { packWeights, type Weighted } from './pack-weights.ts';

const classifierFile = new URL('./classifier.js', import.meta.url);
/** The part of a module that is the same in all. */
const runtime = [classifierFile, new URL('./unpack-weights.js', import.meta.url)];

/**
 * The text of a module that is a model; it may stand in a page, too. Equal models give equal bytes.
 * Its weights are rounded a little, see `packWeights`.
 */
export function classifierModule(model: ExportedModel): string {
  const { classes, image, factors, shifts, steps, weighted } = described(model);
  return `// A classifier of images, written by Atelier. It imports nothing; its weights are the text at the end.

/** The names of the classes, in the order of their probabilities. */
export const classes = ${literal(classes)};

/** What an image is: rows, columns, and the values of each pixel (1: grey; 3: red, green, blue). */
export const image = ${literal(image)};

/** The run that it comes from, and the SHA-256 of its model file. */
export const origin = ${literal(model.origin)};

${runtime.map(internal).join('\n')}
export const { probabilities, classify } = classifier({
  classes,
  image,
  factors: ${literal(factors)},
  shifts: ${literal(shifts)},
  steps: ${literal(steps)},
  weights: unpackWeights(${literal(packWeights(weighted))}),
});
`;
}

/** The same in this process, with the weights as they are. */
export async function exactClassifier(
  model: ExportedModel,
): Promise<{ probabilities(pixels: Uint8Array): Float32Array }> {
  const { weighted, ...description } = described(model);
  const weights = weighted.flatMap(({ weight, bias }) => [...weight, ...bias]);
  const { classifier } = await import(classifierFile.href);
  return classifier({ ...description, weights: Float64Array.from(weights) });
}

/** What `classifier` takes, but for the numbers of its weights, which are placed in their order. */
function described({ steps, shape, pixels, classes }: ExportedModel) {
  const weighted: Weighted[] = [];
  let length = 0;
  const placed = (values: Float32Array): number => {
    length += values.length;
    return length - values.length;
  };
  const listed = steps.map((step) => {
    if (!('weight' in step)) return step;
    weighted.push(step);
    return { ...step, weight: placed(step.weight), bias: placed(step.bias) };
  });
  const { height, width, channels } = shape;
  return {
    ...{ classes, image: { height, width, channels }, steps: listed, weighted },
    ...{ factors: [...pixels.factors], shifts: [...pixels.shifts] },
  };
}

/** JSON that may stand in a page's script, too, whatever is in it; it is nowhere but in strings. */
const literal = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** The text of a file, none of whose functions is for others. */
const internal = (file: URL): string => readFileSync(file, 'utf8').replaceAll(/^export /gm, '');
