/** How the model was made: its training, the settings, and the machine. */
import { architectureOf, summary } from '@atelier/model';
import { epochPlots } from '@atelier/train/epochs';
import { type DescribedSetting, networkSettings, recipeSettings } from '../described-settings.ts';
import { describeLineage } from '../lineage.ts';
import { counted, duration, grouped, percent, significant } from '../numbers.ts';
import { type Html, html } from '../page/html.ts';
import { plottedMetrics } from '../plots/history-plots.ts';
import type { Report } from '../report-schema.ts';
import { facts, folded, type Material, type Section, section, table } from './section.ts';

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

/** Every setting that made this model. */
export function configuration({ report }: Material): Section {
  return section(
    'configuration',
    'Configuration',
    'Configuration',
    html`<div class="columns">
${settingsTable('Network', networkSettings(report))}
${settingsTable('Recipe', recipeSettings(report))}
</div>
${folded('Layer by layer', layerTable(report))}`,
  );
}

function layerTable({ network }: Report): Html {
  const { layers, parameters, multiplyAdds } = summary(network);
  const number = (count: number) => (count === 0 ? '–' : grouped(count));
  return table({
    caption: `Layers of a ${architectureOf(network).noun}`,
    head: ['Layer', 'Output', 'Parameters', 'Multiply-adds'],
    rows: layers.map((layer) => [
      `${layer.name} (${layer.type})`,
      layer.output.join(' × '),
      number(layer.parameters),
      number(layer.multiplyAdds),
    ]),
    foot: [['All', '', number(parameters), number(multiplyAdds)]],
  });
}

const settingsTable = (caption: string, settings: readonly DescribedSetting[]): Html =>
  table({
    caption,
    head: ['Setting', 'Value'],
    rows: settings.map(({ name, value, help }) => [
      html`${name}${help !== '' && html` <span class="meaning">${help}</span>`}`,
      value,
    ]),
  });

/** What it ran on, where its epochs come from, and where the time went. */
export function environment({ report, figures }: Material): Section {
  const { environment: it, history, timings } = report;
  const perEpoch = report.result.trainingSeconds / history.length;
  const total = Object.values(timings).reduce((a, b) => a + b, 0);
  return section(
    'environment',
    'Environment',
    'Environment and timings',
    html`${facts([
      ['Device', `${it.deviceName} (${it.device.toUpperCase()})`],
      ['Cores and threads', `${counted(it.cores, 'core')}, ${counted(it.threads, 'thread')}`],
      ['CPU features', it.cpuFeatures.join(', ') || 'none recorded'],
      ['TensorFlow', `${it.tensorflow} through tfjs ${it.tfjs}`],
      ['Node', `${it.node}, ${it.platform}`],
      ['Mean epoch', duration(perEpoch)],
    ])}
${describeLineage(report).map((sentence) => html`<p>${sentence}</p>\n`)}${
  Object.keys(timings).length > 0 &&
  figures.figure('timings', 'Time by stage', `${duration(total)} altogether`)
}`,
  );
}
