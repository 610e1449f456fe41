import type { ImageShape } from '@atelier/data/image-shape';
import type { Mistake } from '@atelier/evaluate';
import { encode } from 'fast-png';
import { grouped, percent } from '../numbers.ts';
import { type Html, html } from '../page/html.ts';
import type { Report } from '../report-schema.ts';
import { type Material, type Section, section } from './section.ts';

const mistakesShown = 24;

/** Positions of the test images that a report shows. */
export const shownPositions = ({ samples, evaluation }: Report): number[] =>
  [...samples, ...shownMistakes(evaluation)].map(({ position }) => position);

const shownMistakes = ({ mistakes }: Report['evaluation']): Mistake[] =>
  mistakes.slice(0, mistakesShown);

/** A fair draw of test images with what the network says about them. */
export function samples(material: Material): Section {
  const { samples, evaluation } = material.report;
  const right = samples.filter(({ actual, predicted }) => actual === predicted).length;
  return section(
    'samples',
    'Samples',
    'Sample predictions',
    html`<p>${samples.length} test images drawn at random, ${shares(material.report)}. The draw depends
on the split alone, so that all runs on it show the same images. The model recognises ${right} of
them; over all ${grouped(evaluation.examples)} its accuracy is ${percent(evaluation.metrics.accuracy.value, 1)}.
Below each image: the predicted class with its probability, then the actual class where it is
another one.</p>
${grid(samples, 'samples', material)}`,
  );
}

/** How many of each class the draw holds, as far as it is true. */
function shares({ samples, evaluation }: Report): string {
  const counts = evaluation.classes.map((_, c) => samples.filter((s) => s.actual === c).length);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  if (fewest === most) return `${fewest} of each class`;
  if (most === 1) return 'no two of them of the same class';
  return `${most} of each class, or all that it has`;
}

/** Where it was sure and wrong: mislabelled images turn up here, too. */
export function mistakes(material: Material): Section {
  const shown = shownMistakes(material.report.evaluation);
  return section(
    'mistakes',
    'Mistakes',
    'Most confident mistakes',
    shown.length === 0
      ? html`<p>There are none: the model recognises every test image.</p>`
      : html`<p>${shown.length === 1 ? 'The only wrong prediction.' : `The ${shown.length} wrong predictions of the highest confidence.`} Some images are hard for people as well, and some labels
may be wrong.</p>
${grid(shown, 'mistakes', material)}`,
  );
}

function grid(pictures: readonly Mistake[], which: string, material: Material): Html {
  return html`<ul class="pictures ${which}">${pictures.map((picture) => tile(picture, material))}</ul>`;
}

function tile(picture: Mistake, { report, images }: Material): Html {
  const { actual, predicted, confidence, actualProbability, position, index } = picture;
  const [is, taken] = [report.evaluation.classes[actual]!, report.evaluation.classes[predicted]!];
  const right = actual === predicted;
  const alt = `Test image ${index}: ${is}${right ? ', recognised' : `, taken for ${taken}`}`;
  return html`<li class="${right ? 'right' : 'wrong'}">
<img src="${imageUri(images.at(position), images.shape)}" width="${images.shape.width}" height="${images.shape.height}" alt="${alt}">
<p><span class="taken">${taken}</span>
<span class="probability">${confident(confidence)}</span>
${
  !right &&
  html`<span class="is">is ${is}</span>
<span class="probability">${confident(actualProbability)}</span>`
}</p>
</li>
`;
}

/** Never "100%" where it is not certain. */
export function confident(probability: number): string {
  if (probability > 0.9995 && probability < 1) return '>99.9%';
  return probability < 0.001 && probability > 0 ? '<0.1%' : percent(probability, 1);
}

/**
 * One image as a PNG data URI. Compressed in JavaScript, because the bytes that node:zlib gives
 * differ between processors.
 */
export function imageUri(image: Uint8Array, shape: ImageShape): string {
  const png = encode({ ...shape, data: image.slice(), depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
