import { grouped, percent } from '../numbers.ts';
import { html } from '../page/html.ts';
import { table } from '../page/table.ts';
import { type Material, type Section, section } from './section.ts';

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
    html`<p>Precision: how many of the images called a class belong to it. Recall: how many of a
class's images are found. F1 is their harmonic mean, support the number of images.
${undefinedOnes.length > 0 && 'Where a class does not occur or is never predicted, what cannot be computed counts as 0.'}</p>
${figures.figure('classes', 'Precision and recall', 'Recall below precision: predicted too rarely. Above: too readily.')}
${table({
  caption: 'Metrics of each class on the test split',
  head: ['Class', 'Precision', 'Recall', 'F1', 'Support'],
  rows: perClass.map((metrics) => row(metrics.name, metrics, metrics.support)),
  foot: [row('Macro mean', macro, examples), row('Weighted mean', weighted, examples)],
})}`,
  );
}
