import { readFileSync } from 'node:fs';
import { classifierModule, exportedModel, type TrainedModel } from '@atelier/export/page-module';
import { parameterCount } from '@atelier/model';
import { type Html, html } from '../page/html.ts';
import type { Report } from '../report-schema.ts';
import { type Images, type Material, type Section, section } from './section.ts';

/** A network that a page runs. */
export interface TriedNetwork extends Pick<TrainedModel, 'model' | 'origin'> {
  /** How pictures are brought to the size that it knows. */
  fit: 'cover' | 'contain' | 'stretch';
}

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

export const trialCss = read('./trial.css');

/** Of a network that a page holds, up to 3.5 bytes each. */
const mostParameters = 1_000_000;

/** Whether a page may hold it. */
export const hasRoom = ({ model }: TriedNetwork): boolean =>
  parameterCount(model.network) <= mostParameters;

/** The network as a module, and what lets a reader try it. */
export function trialScript(
  { dataset: { normalisation, classes } }: Report,
  { shape }: Pick<Images, 'shape'>,
  { model, origin }: TriedNetwork,
): string {
  const module = classifierModule(exportedModel({ model, shape, normalisation, classes, origin }));
  return `${module}\n${read('./try-it.js')}\ntryIt({ classify, image });\n`;
}

/** The network itself, for pictures of the reader's own. */
export function trial({ report, images }: Material, { fit }: TriedNetwork): Section {
  const { samples, dataset, evaluation } = report;
  // Clothes and digits are light on black, and most of an image is black; photographs are not, dark
  // ones included.
  const means = [dataset.normalisation.mean].flat();
  const pen = images.shape.channels === 1 && means[0]! < 0.4 ? 'light' : 'dark';
  const option = (sample: Report['samples'][number], place: number): Html =>
    html`<option value="${place}">${sample.index}: ${evaluation.classes[sample.actual]!}</option>`;
  return section(
    'try',
    'Try',
    'Try the network',
    html`<p>This page holds the network. Take one of the samples above, choose or drop a picture, or
draw with a pointer: what is shown is what the network gets, in its size and colours. Nothing leaves this page.
${pen === 'light' && 'It has learned from light on black: a photograph on white says more to it inverted. '}A
browser resizes pictures a little differently than the pictures were that it has learned from.</p>
<noscript><p>This needs scripts, which do not run here.</p></noscript>
<div class="trying" data-fit="${fit}" data-pen="${pen}" hidden>
<div>
<canvas role="img" aria-label="What the network gets"></canvas>
<p class="controls"><button type="button" value="clear">Clear</button>
<button type="button" value="invert">Invert</button></p>
</div>
<div>
<p class="controls"><label>Test image <select name="sample"><option value="">none</option>${samples.map(option)}</select></label>
<label>Picture <input name="picture" type="file" accept="image/*"></label></p>
<p class="problem" role="alert" hidden></p>
<ol class="answers" aria-live="polite" aria-label="What the network says"></ol>
</div>
</div>`,
  );
}
