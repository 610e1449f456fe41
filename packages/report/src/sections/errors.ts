import { counted, grouped, percent } from '../numbers.ts';
import { html } from '../page/html.ts';
import { table } from '../page/table.ts';
import { type Material, type Section, section } from './section.ts';

const listed = 8;

/** Which classes are taken for which. */
export function errors({ report, figures }: Material): Section {
  const { examples, correct, classes, confusion, confusedPairs } = report.evaluation;
  const wrong = examples - correct;
  const pairs = confusedPairs.slice(0, listed);
  const explained = pairs.reduce((sum, { count }) => sum + count, 0);
  return section(
    'errors',
    'Errors',
    'Where it errs',
    html`<p>${counted(wrong, 'image')} of ${grouped(examples)} ${wrong === 1 ? 'is' : 'are'} taken for something else.
${wrong > 0 && `The ${counted(pairs.length, 'most frequent confusion')} below ${pairs.length === 1 ? 'makes' : 'make'} up ${percent(explained / wrong, 0)} of these.`}</p>
${figures.figure(
  'confusion',
  'Confusion matrix',
  html`Rows are what it is, columns what it was taken for, in images.&ensp;<span class="keys"><span><i class="key-right"></i>right</span> <span><i class="key-wrong"></i>wrong, stronger where more frequent</span></span>`,
)}
<details><summary>The matrix as a table</summary>
${table({
  caption: 'Images by actual class (rows) and predicted class (columns)',
  head: ['Actual', ...classes],
  rows: confusion.map((row, actual) => [classes[actual]!, ...row.map(grouped)]),
})}</details>
${
  pairs.length > 0 &&
  table({
    caption: 'Most frequent confusions',
    head: ['What it is', 'Taken for', 'Images', 'Of its class'],
    texts: 2,
    rows: pairs.map(({ actual, predicted, count, share }) => [
      classes[actual]!,
      classes[predicted]!,
      grouped(count),
      percent(share, 1),
    ]),
  })
}`,
  );
}
