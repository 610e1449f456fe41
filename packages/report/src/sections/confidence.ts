import { wilsonInterval } from '@atelier/evaluate';
import { percent, percentRange } from '../numbers.ts';
import { type Html, html } from '../page/html.ts';
import type { Report } from '../report-schema.ts';
import { type Material, type Section, section, table } from './section.ts';

/** Can its confidence be believed, and what is gained by leaving out unsure answers? */
export function calibration({ report, figures }: Material): Section {
  const { bins, expectedError } = report.evaluation.calibration;
  const accuracy = report.evaluation.metrics.accuracy.value;
  const sum = bins.reduce((sum, { count, confidence }) => sum + count * (confidence ?? 0), 0);
  const confidence = sum / report.evaluation.examples;
  const gap = confidence - accuracy;
  return section(
    'calibration',
    'Calibration',
    'Calibration',
    html`<p>The model's mean confidence is ${percent(confidence, 1)} and its accuracy
${percent(accuracy, 1)}${Math.abs(gap) >= 0.01 && `: it is ${gap > 0 ? 'over' : 'under'}confident`}.
The expected calibration error over ${bins.length} bins is ${percent(expectedError)}.</p>
<div class="plots">
${figures.figure('reliability', 'Reliability', 'Accuracy by confidence, with 95% intervals; calibrated predictions lie on the dashed line.')}
${figures.figure('confidence', 'Confidence', 'Test images by the probability of their predicted class.')}
</div>
${report.evaluation.coverage.length > 0 && coverage(report)}`,
  );
}

/** Coverage against accuracy: an evaluation of an earlier version has none. */
function coverage({ evaluation }: Report): Html {
  const { coverage, examples, correct } = evaluation;
  const all = { threshold: 0, count: examples, correct };
  return html`<h3>Leaving out unsure answers</h3>
<p>A user may take only the answers of at least some confidence, and ask a person otherwise. Coverage
is the share of the images that are then answered.</p>
${table({
  caption: 'Accuracy by the least confidence that is accepted',
  head: ['Confidence', 'Coverage', 'Accuracy', '95% interval'],
  rows: [all, ...coverage].map(({ threshold, count, correct }) => [
    threshold === 0 ? 'any' : `≥ ${percent(threshold, 0)}`,
    percent(count / examples, 1),
    count === 0 ? '–' : percent(correct / count),
    count === 0 ? '–' : percentRange(wilsonInterval(correct, count)),
  ]),
})}`;
}
