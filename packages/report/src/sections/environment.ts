import { describeLineage } from '../lineage.ts';
import { duration } from '../numbers.ts';
import { html } from '../page/html.ts';
import { facts } from '../page/table.ts';
import { type Material, type Section, section } from './section.ts';

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
      ['Cores and threads', `${it.cores} cores, ${it.threads} threads`],
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
