import { grouped, percent, significant } from '../numbers.ts';
import { html } from '../page/html.ts';
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
${figures.figure('loss', 'Loss', 'In nats, with label smoothing. The vertical line is the epoch that was kept.')}
${figures.figure('accuracy', 'Accuracy', 'On the training and the validation split.')}
${figures.figure('learning-rate', 'Learning rate', `Over ${grouped(steps)} optimizer steps.`)}
${figures.figure('gradient-norm', 'Gradient norm', `Mean of each epoch, before clipping to ${report.recipe.clipNorm}.`)}
</div>`,
  );
}

const whyBelow = `Training accuracy is lower than validation accuracy because it is measured as the
network learns: on augmented images, with dropout.`;
