import type { DividedExample } from '@atelier/evaluate/comparison';
import { counted, grouped } from '../numbers.ts';
import { type Html, html } from '../page/html.ts';
import { confident, imageUri } from '../sections/pictures.ts';
import {
  type ImageSource,
  type Images,
  readImages,
  type Section,
  section,
} from '../sections/section.ts';
import type { RunComparison } from './run-comparison.ts';

/** Test images, and each one's position in the official file. */
export interface KnownImages extends ImageSource {
  /** [n] */
  indices: Int32Array;
}

const picturesShown = 24;

/** The images that only one side gets right, with what both say. */
export async function dividedPictures(
  comparison: RunComparison,
  test: KnownImages,
): Promise<Section> {
  const { onlyA, onlyB, counts, about } = comparison;
  const images = await pictured([...shown(onlyA), ...shown(onlyB)], test);
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

const shown = (examples: readonly DividedExample[]) => examples.slice(0, picturesShown);

/** Images by their positions in the official file; undefined of one that is not among them. */
interface Pictured extends Pick<Images, 'shape'> {
  at(index: number): Uint8Array | undefined;
}

async function pictured(examples: readonly DividedExample[], test: KnownImages): Promise<Pictured> {
  const sought = new Set(examples.map(({ index }) => index));
  const rows = new Map<number, number>();
  for (const [row, index] of test.indices.entries()) if (sought.has(index)) rows.set(index, row);
  const images = await readImages(test, rows.values());
  return {
    shape: test.shape,
    at(index) {
      const row = rows.get(index);
      return row === undefined ? undefined : images.at(row);
    },
  };
}

function strip(
  title: string,
  examples: readonly DividedExample[],
  { classes }: RunComparison,
  { shape, at }: Pictured,
): Html {
  const first = shown(examples);
  const left = examples.length - first.length;
  return html`<h3>${title}: ${counted(examples.length, 'image')}</h3>
${left > 0 && html`<p>The first ${first.length} of them.</p>`}
<ul class="pictures">${first.map((example) => {
    const [actual, ofA, ofB] = [example.actual, example.a.predicted, example.b.predicted].map(
      (c) => classes[c]!.name,
    );
    const image = at(example.index);
    const alt = `Test image ${example.index}: ${actual}; A says ${ofA}, B says ${ofB}`;
    return html`<li>
${
  image !== undefined &&
  html`<img src="${imageUri(image, shape)}" width="${shape.width}" height="${shape.height}" alt="${alt}">`
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
