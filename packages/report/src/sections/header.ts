import { differenceInterval, relationOf } from '@atelier/evaluate';
import { pValueEquals, significance } from '@atelier/evaluate/comparison';
import { architectureOf } from '@atelier/model';
import { knownTestImages } from '../adopted-data.ts';
import { describeSeeds } from '../described-seeds.ts';
import { shortName } from '../lineage.ts';
import { measuredMetrics } from '../measured-metrics.ts';
import { counted, duration, grouped, moment, percent, percentRange, points } from '../numbers.ts';
import { type Html, html } from '../page/html.ts';
import type { Report } from '../report-schema.ts';
import { facts, folded, type Material, table } from './section.ts';

/** The answer first: how good is it, how sure is that, and how does it compare. */
export function header({ report, figures }: Material): Html {
  const { training, dataset, result, environment, seed } = report;
  return html`<header>
<p class="kicker">Atelier training report</p>
<h1>${dataset.title}</h1>
<p class="lede">${lede(report)}</p>
<div class="hero">
<p class="score"><span class="figure">${percent(result.testAccuracy)}</span>
<span class="what">test accuracy</span>
<span class="interval">95% interval ${percentRange(result.testAccuracyInterval)}</span></p>
${figures.figure('accuracies', 'Accuracy and its 95% interval', legend(report))}
</div>
${facts(headline(report), 'headline')}
${folded('What these numbers mean', metricTable(report))}
${report.reference === null ? null : comparison(report, report.reference)}
${seedsLine(report)}<p class="about">Made by run <code>${training.lineage.at(-1)!.run}</code>, training
<code>${shortName(training.fingerprint)}</code>, seed <code>${seed}</code>. Finished
${moment(training.finishedAt)} on ${environment.deviceName}.</p>
</header>`;
}

function seedsLine(report: Report): Html | null {
  const sentence = describeSeeds(report);
  return sentence === undefined
    ? null
    : html`<p class="about">${sentence}</p>
`;
}

function lede(report: Report): Html {
  const { result, dataset, network } = report;
  const known = knownTestImages(report);
  return html`A ${architectureOf(network).noun} of ${grouped(result.parameters)} parameters, trained for
${counted(result.epochs, 'epoch')} on ${grouped(dataset.splits.train.count)} images, recognises
<strong>${grouped(result.testCorrect)} of ${grouped(result.testExamples)}</strong> test images${known === undefined ? '.' : `, of which adopted epochs knew ${known}.`}`;
}

function legend({ reference }: Report): Html {
  return reference === null
    ? html`Measured on the test and the validation split.`
    : html`&ensp;<span class="keys"><span><i class="mark-run"></i>this run</span> <span><i class="mark-reference"></i>reference</span></span>`;
}

function headline({ result, selection, evaluation }: Report): [string, string][] {
  return [
    ['Validation accuracy', percent(result.validationAccuracy)],
    ['Chosen epoch', `${selection.epoch} of ${result.epochs}`],
    ...measuredMetrics(evaluation)
      .filter(({ name }) => name !== 'accuracy')
      .map(({ title, text }): [string, string] => [title, text]),
    ['Training', duration(result.trainingSeconds)],
  ];
}

function metricTable({ evaluation }: Report): Html {
  return table({
    caption: 'Metrics on the test split',
    head: ['Metric', 'Value', '95% interval'],
    rows: measuredMetrics(evaluation).map(({ title, text, range = '', better, meaning }) => [
      html`${title} <span class="meaning">${meaning} ${better === 'higher' ? 'Higher' : 'Lower'} is better.</span>`,
      text,
      range,
    ]),
  });
}

function comparison(report: Report, reference: NonNullable<Report['reference']>): Html {
  const { result } = report;
  const row = (name: string, ours: number, theirs: number) => [
    name,
    percent(ours),
    percent(theirs),
    points(ours - theirs),
  ];
  return html`<p class="verdict">${verdict(report, reference)}</p>
${table({
  caption: html`This run and the reference (${reference.source})`,
  head: ['Measure', 'This run', 'Reference', 'Difference in points'],
  rows: [
    row('Test accuracy', result.testAccuracy, reference.testAccuracy),
    row('Validation accuracy', result.validationAccuracy, reference.validationAccuracy),
    ['Best epoch', String(result.bestEpoch), String(reference.bestEpoch), ''],
  ],
})}`;
}

function verdict({ result }: Report, reference: NonNullable<Report['reference']>): string {
  const { testAccuracy, testExamples: total, paired } = reference;
  if (paired !== undefined) return pairedVerdict(paired);
  const ours = { successes: result.testCorrect, total: result.testExamples };
  const theirs = { successes: Math.round(testAccuracy * total), total };
  const interval = differenceInterval(ours, theirs);
  return `The test accuracy ${relationOf(interval)} the reference's ${percent(testAccuracy)}: ${rangeText(interval)}.`;
}

/** On the same images, a difference that is much smaller can be told. */
function pairedVerdict(paired: NonNullable<NonNullable<Report['reference']>['paired']>): string {
  const { run, examples, a, b, difference, interval, pValue } = paired;
  const relation =
    pValue >= significance ? 'cannot be told apart from' : difference > 0 ? 'is above' : 'is below';
  return `On the ${grouped(examples)} test images that both have, the accuracy of ${percent(a)} ${relation} run ${run}'s ${percent(b)}: ${rangeText(interval)}, ${pValueEquals(pValue)} by McNemar's exact test.`;
}

const rangeText = ({ lower, upper }: { lower: number; upper: number }): string =>
  `the 95% interval of the difference is ${points(lower)} to ${points(upper)} points`;
