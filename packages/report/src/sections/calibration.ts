import { percent } from '../numbers.ts';
import { html } from '../page/html.ts';
import { type Material, type Section, section } from './section.ts';

/** Can its confidence be believed? */
export function calibration({ report, figures }: Material): Section {
  const { bins, expectedError } = report.evaluation.calibration;
  const mean = bins.reduce((sum, { count, confidence }) => sum + count * (confidence ?? 0), 0);
  const confidence = mean / report.evaluation.examples;
  const gap = confidence - report.evaluation.metrics.accuracy.value;
  return section(
    'calibration',
    'Calibration',
    'Calibration',
    html`<p>On average the network is ${percent(confidence, 1)} sure and right in
${percent(report.evaluation.metrics.accuracy.value, 1)} of the cases${Math.abs(gap) >= 0.01 && `, so it is ${gap > 0 ? 'over' : 'under'}confident`}.
The expected calibration error over ${bins.length} bins is ${percent(expectedError)}.</p>
<div class="plots">
${figures.figure('reliability', 'Reliability', 'Accuracy by confidence, with 95% intervals; calibrated predictions lie on the dashed line.')}
${figures.figure('confidence', 'Confidence', 'Test images by the probability of their predicted class.')}
</div>`,
  );
}
