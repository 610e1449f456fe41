import { counted, grouped, percent } from '../numbers.ts';
import { type Html, html } from '../page/html.ts';
import { weakestShown } from '../plots/class-plot.ts';
import { mostWithNumbers } from '../plots/confusion-plot.ts';
import type { Report } from '../report-schema.ts';
import { folded, longTable, type Material, type Section, section, table } from './section.ts';

/** Confusions in the table: more where the matrix is too fine to be read cell by cell. */
const listed = (classes: number): number => (classes > mostWithNumbers ? 30 : 8);

/** Which classes are taken for which. */
export function errors({ report, figures }: Material): Section {
  const { examples, correct, classes, confusedPairs } = report.evaluation;
  const wrong = examples - correct;
  const pairs = confusedPairs.slice(0, listed(classes.length));
  const explained = pairs.reduce((sum, { count }) => sum + count, 0);
  return section(
    'errors',
    'Errors',
    'Where it errs',
    html`<p>The model takes ${wrong === 0 ? `none of ${counted(examples, 'image')}` : `${counted(wrong, 'image')} of ${grouped(examples)}`} for something else.
${wrong > 0 && `${pairs.length === 1 ? 'The most frequent confusion below makes' : `The ${pairs.length} most frequent confusions below make`} up ${percent(explained / wrong, 0)} of these.`}</p>
${figures.figure(
  'confusion',
  'Confusion matrix',
  html`${matrixCaption(classes.length)}&ensp;<span class="keys"><span><i class="key-right"></i>right</span> <span><i class="key-wrong"></i>wrong, stronger where more frequent</span></span>`,
)}
${folded('The matrix in words', matrixInWords(report))}
${
  pairs.length > 0 &&
  table({
    caption: 'Most frequent confusions',
    head: ['Actual class', 'Taken for', 'Images', 'Of its class'],
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

const matrixCaption = (classes: number): string =>
  classes > mostWithNumbers
    ? 'Each row is an actual class, each column a predicted one, both in the same order.'
    : 'Each row is an actual class, each column a predicted one; the numbers are images.';

/** For those who do not see the matrix. Classes that were never mixed up are few words. */
function matrixInWords({ evaluation }: Report): Html {
  const { classes, confusion, confusedPairs } = evaluation;
  return table({
    caption: 'What the images of each class were taken for',
    head: ['Actual class', 'Right', 'Taken for'],
    texts: 3,
    rows: classes.map((name, c) => [
      name,
      grouped(confusion[c]![c]!),
      confusedPairs
        .filter(({ actual }) => actual === c)
        .map(({ predicted, count }) => `${classes[predicted]}\u00a0(${grouped(count)})`)
        .join(', ') || 'none',
    ]),
  });
}

/** Precision, recall, F1 and support of every class, with their means. */
export function classes({ report, figures }: Material): Section {
  const { perClass, macro, weighted, examples } = report.evaluation;
  const row = (name: string, scores: typeof macro, support: number) => [
    name,
    percent(scores.precision, 1),
    percent(scores.recall, 1),
    percent(scores.f1, 1),
    grouped(support),
  ];
  const undefinedOnes = perClass.filter(({ support, predicted }) => support * predicted === 0);
  return section(
    'classes',
    'Classes',
    'Class by class',
    html`<p>Precision is the share of the images called a class that belong to it. Recall is the share
of a class's images that are found. F1 is the harmonic mean of both, support the number of images.
${undefinedOnes.length > 0 && 'A ratio that cannot be computed, because a class does not occur or is never predicted, counts as 0.'}</p>
${figures.figure(
  'classes',
  'Precision and recall',
  html`${perClass.length > weakestShown && `The ${weakestShown} classes of the lowest F1. `}A class whose recall is below its precision is predicted too rarely, one whose recall is above it too readily.`,
)}
${longTable({
  caption: 'Metrics of each class on the test split',
  head: ['Class', 'Precision', 'Recall', 'F1', 'Support'],
  rows: perClass.map((metrics) => row(metrics.name, metrics, metrics.support)),
  foot: [row('Macro mean', macro, examples), row('Weighted mean', weighted, examples)],
})}`,
  );
}
