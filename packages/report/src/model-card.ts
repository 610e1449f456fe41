import { describeColours } from '@atelier/data/image-shape';
import { architectureOf } from '@atelier/model';
import { codeSpan, plainMarkdown as plain, printable } from '@atelier/text';
import { knownTestImages, testImages } from './adopted-data.ts';
import { describeDivision } from './described-data.ts';
import { describeSeeds } from './described-seeds.ts';
import { recipeSettings } from './described-settings.ts';
import { describeLineage, shortName } from './lineage.ts';
import { measuredMetrics } from './measured-metrics.ts';
import { counted, duration, grouped, moment, percent, percentRange } from './numbers.ts';
import type { Report } from './report-schema.ts';

/**
 * The model card in Markdown, with the front matter that model hubs read
 * (https://huggingface.co/docs/hub/model-cards).
 */
export function renderModelCard(report: Report): string {
  const { dataset, result, training } = report;
  const title = plain(dataset.title);
  return `${frontMatter(report)}
# ${title} classifier

A ${architectureOf(report.network).noun} of ${grouped(result.parameters)} parameters that tells the
${counted(dataset.classes.length, 'class', 'classes')} of ${title} apart: **${percent(result.testAccuracy)}** test accuracy
(95% interval ${percentRange(result.testAccuracyInterval)}).

Made by run ${codeSpan(training.lineage.at(-1)!.run)}, training \`${shortName(training.fingerprint)}\`, finished ${moment(training.finishedAt)}.
report.html shows the whole evaluation, report.json holds every number.

## Intended use

It classifies ${describeColours(dataset)} images of ${dataset.height} × ${dataset.width} pixels that look like those of ${title}. It is
meant for teaching and for comparing training methods. It is not meant for ${otherImages(dataset)}, nor for decisions about people.

${howToUse(report)}
## Data

${dataSection(report)}
## Training

${trainingSection(report)}
## Results

${resultsSection(report)}
## Limits

${limits(report)}`;
}

/** JSON strings are YAML strings. */
const quoted = (text: string): string => printable(JSON.stringify(text));

function frontMatter({ dataset, network, evaluation }: Report): string {
  const metrics = measuredMetrics(evaluation).filter(({ hub }) => hub !== undefined);
  return `---
library_name: safetensors
pipeline_tag: image-classification
tags: [image-classification, ${network.architecture}, atelier]
datasets: [${quoted(dataset.name)}]
metrics: [${metrics.map(({ hub }) => hub).join(', ')}]
model-index:
  - name: ${quoted(`${dataset.name}-${network.architecture}`)}
    results:
      - task: { type: image-classification, name: "Image classification" }
        dataset: { type: ${quoted(dataset.name)}, name: ${quoted(dataset.title)}, split: test }
        metrics:
${metrics
  .map(
    ({ hub, label, value }) =>
      `          - { type: ${hub}, name: ${quoted(`Test ${label}`)}, value: ${value} }`,
  )
  .join('\n')}
---
`;
}

function howToUse({ dataset, network }: Report): string {
  const { mean, std } = dataset.normalisation;
  const input = Array.isArray(mean)
    ? `the ${network.inputs} values of an image, row by\nrow, red, green and blue of each pixel, each \`(value / 255 - mean) / std\` with the colour's of mean ${mean.join(', ')} and std ${[std].flat().join(', ')}`
    : `the ${network.inputs} pixels of an image, row by\nrow, each \`(pixel / 255 - ${mean}) / ${std}\``;
  return `The weights are in the safetensors file, all float32. Input: ${input}. Output: ${network.classes} logits, in this order of classes:
${dataset.classes.map((name, i) => `${i} ${plain(name)}`).join(', ')}.
`;
}

/** What a model of published images knows nothing of, or of one's own pictures. */
const otherImages = ({ contract }: Report['dataset']): string =>
  contract.pictures ? 'any other kind of image' : 'photographs or any other\nkind of image';

function dataSection({ dataset }: Report): string {
  const { splits, contract, splitSeed } = dataset;
  const rows = Object.entries(splits).map(([name, { count }]) => [name, grouped(count)]);
  const { within, across, conflictingLabels } = contract.duplicates;
  return `${table(['Split', 'Images'], rows)}

Source: ${plain(dataset.source)}. Licence: ${plain(dataset.licence)}.
${describeDivision(dataset)}, class by class, by the split seed ${splitSeed}. Exact duplicates: ${within.train} within train,
${across.trainTest} test images that are in train as well, ${conflictingLabels} groups of equal images with different labels.
${likeTraining(contract)}`;
}

/** Copies that are not equal make a test as easy as equal ones do. */
function likeTraining({ pictures }: Report['dataset']['contract']): string {
  if (pictures === undefined) return '';
  const { trainTest } = pictures.nearDuplicates.across;
  return `${counted(trainTest, 'test picture')} look${trainTest === 1 ? 's' : ''} like one in train, without being equal.\n`;
}

function trainingSection(report: Report): string {
  const { network, selection, environment, result } = report;
  const sentences = [...describeLineage(report), ...[describeSeeds(report) ?? []].flat()];
  const lineage = sentences.map((sentence) => `- ${plain(sentence)}\n`);
  const settings = recipeSettings(report).map((one) => Object.values(one).map(plain));
  return `- Network: ${plain(architectureOf(network).describe(network))}.
- Method: AdamW on the cross-entropy of smoothed labels, its learning rate following a cosine, gradients clipped by their norm.
- Epoch ${selection.epoch} of ${result.epochs} was kept. ${plain(selection.reason)}
- It took ${duration(result.trainingSeconds)} on ${plain(environment.deviceName)} with ${counted(environment.threads, 'thread')}, TensorFlow ${plain(environment.tensorflow)}.
${lineage.join('')}
${table(['Setting', 'Value', 'Meaning'], settings)}
`;
}

function resultsSection(report: Report): string {
  const { result, reference, evaluation } = report;
  const measured = [
    ...measuredMetrics(evaluation).map(({ name, label, text, range }) => [
      `Test ${label}`,
      range === undefined ? text : `${text} (95% interval ${range})`,
      reference && name === 'accuracy' ? percent(reference.testAccuracy) : '',
    ]),
    [
      'Validation accuracy',
      percent(result.validationAccuracy),
      reference ? percent(reference.validationAccuracy) : '',
    ],
  ];
  const head = [
    'Metric',
    'This model',
    ...(reference ? [`Reference (${plain(reference.source)})`] : []),
  ];
  const classes = evaluation.perClass.map(({ name, precision, recall, f1, support }) => [
    plain(name),
    ...[precision, recall, f1].map((share) => percent(share, 1)),
    grouped(support),
  ]);
  for (const [name, mean] of Object.entries({
    'Macro mean': evaluation.macro,
    'Weighted mean': evaluation.weighted,
  }))
    classes.push([
      name,
      percent(mean.precision, 1),
      percent(mean.recall, 1),
      percent(mean.f1, 1),
      grouped(evaluation.examples),
    ]);
  return `On ${testImages(report)}.

${table(
  head,
  measured.map((row) => row.slice(0, head.length)),
)}

${table(['Class', 'Precision', 'Recall', 'F1', 'Support'], classes)}
`;
}

function limits(report: Report): string {
  const { evaluation, selection } = report;
  const { classes, perClass, confusedPairs, calibration } = evaluation;
  const weakest = perClass.filter(({ support }) => support > 0).sort((a, b) => a.f1 - b.f1)[0];
  const pairs = confusedPairs
    .slice(0, 3)
    .map(
      ({ actual, predicted, share }) =>
        `${plain(classes[actual]!)} for ${plain(classes[predicted]!)} (${percent(share, 1)} of its images)`,
    );
  return [
    weakest && `It is weakest at ${plain(weakest.name)}: F1 ${percent(weakest.f1, 1)}.`,
    pairs.length > 0 && `It most often takes ${pairs.join(', ')}.`,
    `Its confidence is off by ${percent(calibration.expectedError)} on average.`,
    `The validation accuracy of ${percent(selection.validationAccuracy)} chose the epoch, so it flatters; the test accuracy ${knownTestImages(report) === undefined ? 'does not' : 'flatters, too, by the test images that adopted epochs knew'}.`,
    'The interval covers the chance of the test sample, not that of another training seed.',
    `It learned from ${report.training.adoptedData === undefined ? 'this dataset' : 'the data named here'} alone: on other images its answers mean nothing, however confident they are.`,
  ]
    .filter((text) => text !== false && text !== undefined)
    .map((text) => `- ${text}\n`)
    .join('');
}

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
