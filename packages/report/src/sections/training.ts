import { epochPlots } from '@atelier/train/epochs';
import { grouped, percent, significant } from '../numbers.ts';
import { html } from '../page/html.ts';
import { plottedMetrics } from '../plots/history-plots.ts';
import { type Material, type Section, section } from './section.ts';

/** How the run went, epoch by epoch, and which epoch was kept. */
export function training({ report, figures }: Material): Section {
  const { selection, history } = report;
  const best = history.find(({ epoch }) => epoch === selection.epoch);
  const steps = history.at(-1)!.step;
  return section(
    'training',
    'Training',
    'Training',
    html`<p>Epoch ${selection.epoch} was kept: ${percent(selection.validationAccuracy)} validation
accuracy at a loss of ${significant(selection.validationLoss)}. ${selection.reason}
${best !== undefined && best.trainAccuracy < best.validationAccuracy && whyBelow}</p>
<div class="plots">
${plottedMetrics(report).map(([id]) => {
  const { title, caption } = epochPlots[id];
  return html`${figures.figure(id, title, caption(report.recipe, grouped(steps)))}\n`;
})}</div>`,
  );
}

const whyBelow = `Training accuracy is lower than validation accuracy because it is measured as the
network learns: on augmented images, with dropout.`;
