import type { DividedExample } from '@atelier/evaluate/comparison';
import { counted, grouped } from '../numbers.ts';
import { type Html, html } from '../page/html.ts';
import { confident, imageUri } from '../sections/pictures.ts';
import { type Images, type Section, section } from '../sections/section.ts';
import type { RunComparison } from './run-comparison.ts';

/** Test images, and each one's position in the official file. */
export interface KnownImages extends Images {
  /** [n] */
  indices: Int32Array;
}

const picturesShown = 24;

/** The images that only one side gets right, with what both say. */
export function dividedPictures(comparison: RunComparison, images: KnownImages): Section {
  const { onlyA, onlyB, counts, about } = comparison;
  const by = about === 'models' ? '' : ' A side of several runs is right where most of them are.';
  return section(
    'pictures',
    'Pictures',
    'Right on one side only',
    html`<p>Both recognise ${grouped(counts.both)} images and neither ${grouped(counts.neither)}.${by}
Of those below, the other side was surest.</p>
${strip('Only A is right', onlyA, comparison, images)}
${strip('Only B is right', onlyB, comparison, images)}`,
  );
}

function strip(
  title: string,
  examples: readonly DividedExample[],
  { classes }: RunComparison,
  images: KnownImages,
): Html {
  const rows = new Map(Array.from(images.indices, (index, row) => [index, row]));
  const shown = examples.slice(0, picturesShown);
  const left = examples.length - shown.length;
  return html`<h3>${title}: ${counted(examples.length, 'image')}</h3>
${left > 0 && html`<p>The first ${shown.length} of them.</p>`}
<ul class="pictures">${shown.map((example) => {
    const [actual, ofA, ofB] = [example.actual, example.a.predicted, example.b.predicted].map(
      (c) => classes[c]!.name,
    );
    const row = rows.get(example.index);
    const alt = `Test image ${example.index}: ${actual}; A says ${ofA}, B says ${ofB}`;
    return html`<li>
${
  row !== undefined &&
  html`<img src="${imageUri(images, row)}" width="${images.shape.width}" height="${images.shape.height}" alt="${alt}">`
}
<p><span>is ${actual!}</span>
${answer('A', ofA!, example.a.probability, ofA === actual)}
${answer('B', ofB!, example.b.probability, ofB === actual)}</p>
</li>
`;
  })}</ul>`;
}

const answer = (side: string, name: string, probability: number, right: boolean): Html =>
  html`<span class="${right ? 'right' : 'wrong'}"><span class="taken">${side}: ${name}</span>
<span class="probability">${confident(probability)}</span></span>`;
