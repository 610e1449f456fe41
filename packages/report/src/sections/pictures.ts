import { imageUri } from '../image-uri.ts';
import { counted, grouped, percent } from '../numbers.ts';
import { type Html, html } from '../page/html.ts';
import { type Material, type Section, section } from './section.ts';

type Picture = Material['report']['evaluation']['mistakes'][number];

const mistakesShown = 24;

/** A fair draw of test images with what the network says about them. */
export function samples(material: Material): Section {
  const { samples, evaluation } = material.report;
  const right = samples.filter(({ actual, predicted }) => actual === predicted).length;
  return section(
    'samples',
    'Samples',
    'Sample predictions',
    html`<p>${samples.length} test images drawn at random, equally many of each class;
${right} of them are recognised. Below each: the predicted class and its probability, and what it
really is where that differs. The test accuracy over all ${grouped(evaluation.examples)} is
${percent(evaluation.metrics.accuracy.value, 1)}.</p>
${grid(samples, 'samples', material)}`,
  );
}

/** Where it was sure and wrong: mislabelled images turn up here, too. */
export function mistakes(material: Material): Section {
  const shown = material.report.evaluation.mistakes.slice(0, mistakesShown);
  return section(
    'mistakes',
    'Mistakes',
    'Most confident mistakes',
    shown.length === 0
      ? html`<p>There are none: every test image is recognised.</p>`
      : html`<p>${counted(shown.length, 'wrong prediction')} that the network was surest of: look here for
images that are hard for people as well, and for wrong labels.</p>
${grid(shown, 'mistakes', material)}`,
  );
}

function grid(pictures: readonly Picture[], which: string, material: Material): Html {
  return html`<ul class="pictures ${which}">${pictures.map((picture) => tile(picture, material))}</ul>`;
}

function tile(picture: Picture, { report, images }: Material): Html {
  const { actual, predicted, confidence, actualProbability, position, index } = picture;
  const [is, taken] = [report.evaluation.classes[actual]!, report.evaluation.classes[predicted]!];
  const right = actual === predicted;
  const alt = `Test image ${index}: ${is}${right ? ', recognised' : `, taken for ${taken}`}`;
  return html`<li class="${right ? 'right' : 'wrong'}">
<img src="${imageUri(images, position)}" width="${images.shape.width}" height="${images.shape.height}" alt="${alt}">
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
function confident(probability: number): string {
  if (probability > 0.9995 && probability < 1) return '>99.9%';
  return probability < 0.001 && probability > 0 ? '<0.1%' : percent(probability, 1);
}
