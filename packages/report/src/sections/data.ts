import { describeColours } from '@atelier/data/image-shape';
import { describeDivision } from '../described-data.ts';
import { counted, grouped } from '../numbers.ts';
import { type Content, type Html, html } from '../page/html.ts';
import type { Report } from '../report-schema.ts';
import { alikePictures, pictureFacts } from './picture-facts.ts';
import {
  facts,
  folded,
  longTable,
  type Material,
  type Section,
  section,
  table,
} from './section.ts';

/** What it learned from and was measured on, and what is wrong with that. */
export function data({ report, alike }: Material): Section {
  const { dataset, dataChange } = report;
  const { train, validation, gate, test } = dataset.splits;
  const splits = [train, validation, ...(gate ? [gate] : []), test];
  const counts = (of: (split: typeof train) => number) => splits.map((split) => grouped(of(split)));
  const { pictures } = dataset.contract;
  return section(
    'data',
    'Data',
    'Data',
    html`<p>${dataset.title}: ${describeColours(dataset)} images of ${dataset.height} × ${dataset.width} pixels in
${counted(dataset.classes.length, 'class', 'classes')}. ${describeDivision(dataset)}, class by class, by
the split seed ${dataset.splitSeed}.${gate ? ' On the gate split, which chose nothing, is decided whether the model is put in use.' : ''}</p>${
      dataChange !== undefined &&
      html`
<p>${dataChange}</p>`
    }
${longTable({
  caption: 'Images of each class in each split',
  head: ['Class', 'Train', 'Validation', ...(gate ? ['Gate'] : []), 'Test'],
  rows: dataset.classes.map((name, c) => [name, ...counts((split) => split.classCounts[c] ?? 0)]),
  foot: [['All', ...counts((split) => split.count)]],
})}
<h3>Findings</h3>
${facts(findings(dataset))}
${pictures !== undefined && html`<h3>The pictures</h3>${facts(pictureFacts(pictures, dataset.contract))}${alikePictures(pictures.nearDuplicates, dataset.classes, alike)}`}
<h3>Origin</h3>
${facts([
  ['Source', link(dataset.source)],
  ['Licence', dataset.licence],
  [
    'Normalisation',
    `mean ${decimals(dataset.normalisation.mean)}, standard deviation ${decimals(dataset.normalisation.std)} of the training pixels over 255`,
  ],
])}
${folded(
  'The files that it was made of',
  table({
    caption: 'Verified source files',
    head: ['File', 'Bytes', 'SHA-256'],
    rows: Object.values(dataset.sources).map(({ name, bytes, sha256 }) => [
      name,
      grouped(bytes),
      html`<code class="digest">${sha256}</code>`,
    ]),
  }),
)}`,
  );
}

function findings({ contract, channels }: Report['dataset']): [string, Content][] {
  const { duplicates, constantImages, classBalance } = contract;
  const { within, across } = duplicates;
  const empty = Object.entries(classBalance).flatMap(([split, { emptyClasses }]) =>
    emptyClasses.map((name) => `${name} in ${split}`),
  );
  const { examples: _, ...constants } = constantImages;
  const constant = Object.values(constants).reduce((sum, count) => sum + count, 0);
  const { gate } = within;
  const ofGate = (count: number | undefined): string =>
    gate === undefined ? '' : `, ${counted(count ?? 0, 'gate image')}`;
  return [
    [
      'Exact duplicates',
      `${grouped(within.train)} in train, ${grouped(within.validation)} in validation, ${gate === undefined ? '' : `${grouped(gate)} in gate, `}${grouped(within.test)} in test`,
    ],
    [
      'Also in train',
      `${counted(across.trainValidation, 'validation image')}${ofGate(across.trainGate)}, ${counted(across.trainTest, 'test image')}`,
    ],
    ['In validation and test', counted(across.validationTest, 'image')],
    ...(gate === undefined
      ? []
      : ([
          [
            'Also in gate',
            `${counted(across.validationGate ?? 0, 'validation image')}, ${counted(across.gateTest ?? 0, 'test image')}`,
          ],
        ] satisfies [string, Content][])),
    ['Equal images, different labels', counted(duplicates.conflictingLabels, 'group')],
    [`Images of one ${channels === 3 ? 'colour' : 'grey'}`, counted(constant, 'image')],
    ['Classes without images', empty.join(', ') || 'none'],
  ];
}

/** One number, or those of red, green and blue. */
const decimals = (value: number | number[]): string =>
  [value]
    .flat()
    .map((one) => one.toFixed(4))
    .join(', ');

/** Only addresses of the web become links; a descriptor may hold anything. */
function link(source: string): Html {
  return /^https?:\/\//.test(source) ? html`<a href="${source}">${source}</a>` : html`${source}`;
}
