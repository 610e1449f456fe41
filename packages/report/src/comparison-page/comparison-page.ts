import { readFileSync } from 'node:fs';
import { comparedMetrics, type Difference, pValueText, scopes } from '@atelier/evaluate/comparison';
import { grouped, percent, points } from '../numbers.ts';
import { type Content, type Html, html } from '../page/html.ts';
import { page } from '../page/page.ts';
import { Figures } from '../plots/figures.ts';
import { facts, longTable, type Section, section, table } from '../sections/section.ts';
import { differencePlot, mostShown } from './difference-plot.ts';
import { dividedPictures, type KnownImages } from './divided-pictures.ts';
import { type Curves, overlaidCurves } from './overlaid-curves.ts';
import type { RunComparison } from './run-comparison.ts';

const css = readFileSync(new URL('./comparison-page.css', import.meta.url), 'utf8');

/**
 * A comparison as one HTML file that needs no network and no script. Equal arguments give equal
 * bytes.
 * @param images the test images, at least those that only one side gets right; few are read
 */
export async function renderComparisonPage(
  comparison: RunComparison,
  curves: Curves,
  images: KnownImages,
): Promise<string> {
  const drawn = overlaidCurves(curves);
  const recalls = comparison.classes.flatMap(({ name, recall }) =>
    recall === undefined ? [] : [{ name, ...recall }],
  );
  const shares = comparedMetrics(comparison)
    .filter(({ format }) => format === 'percent')
    .map((row) => ({ ...row, name: row.label }));
  const figures = await Figures.draw([
    differencePlot('metric-differences', 'metrics', shares),
    differencePlot('recall-differences', 'recall', recalls),
    ...drawn.map(({ plot }) => plot),
  ]);
  const sections = [
    differs(comparison),
    metrics(comparison, figures),
    classes(comparison, figures),
    section(
      'curves',
      'Curves',
      'Curves laid over each other',
      html`<p>Dots are the epochs that were kept.</p>
<div class="plots">
${drawn.map(({ title, plot }) => html`${figures.figure(plot.id, title, '')}\n`)}</div>`,
    ),
    await dividedPictures(comparison, images),
  ];
  const title = `${comparison.dataset}: ${names(comparison.a)} and ${names(comparison.b)} compared`;
  const footer =
    'Made by `atelier compare`; with --json it prints every number of this page. docs/comparing.md says how they are computed.';
  return page({ title, header: header(comparison), sections, css, footer });
}

const names = (side: RunComparison['a']): string => side.map(({ run }) => run).join(', ');

function header(comparison: RunComparison): Html {
  const { a, b, dataset, verdict, examples, about } = comparison;
  const side = (runs: RunComparison['a']) =>
    runs.map(
      ({ run, seed }, i) => html`${i > 0 && ', '}<code>${run}</code> (seed <code>${seed}</code>)`,
    );
  return html`<header>
<p class="kicker">Atelier comparison</p>
<h1>${dataset}</h1>
<p class="lede">${verdict}</p>
<p>${scopes[about]}</p>
${facts([
  ['A', side(a)],
  ['B', side(b)],
  ['Compared on', `${grouped(examples)} test images that all of them have`],
])}
</header>`;
}

function differs({ differs }: RunComparison): Section {
  const groups: [string, RunComparison['differs']['data']][] = [
    ['Configuration', differs.configuration],
    ['Data', differs.data],
    ['Environment', differs.environment],
  ];
  const shown = groups.filter(([, rows]) => rows.length > 0);
  return section(
    'differs',
    'Settings',
    'What differs',
    shown.length === 0
      ? html`<p>Nothing that was recorded.</p>`
      : shown.map(([caption, rows]) =>
          table({
            caption,
            head: ['What', 'A', 'B'],
            rows: rows.map(({ name, a, b }) => [name, a, b]),
          }),
        ),
  );
}

type Format = 'percent' | 'number';

const value = (of: number, format: Format): string =>
  format === 'percent' ? percent(of) : of.toFixed(4);

/** A difference of shares in points, of other numbers as it is. */
const difference = (of: number, format: Format): string =>
  format === 'percent' ? points(of) : points(of / 100, 4);

/** @param p beside the interval, which takes less room than a column */
const cells = (of: Difference | undefined, format: Format, p?: number): Content[] =>
  of === undefined
    ? ['', '', '', '']
    : [
        value(of.a, format),
        value(of.b, format),
        difference(of.difference, format),
        html`${difference(of.interval.lower, format)} to ${difference(of.interval.upper, format)}${p !== undefined && html` <span class="meaning">p ${pValueText(p)}</span>`}`,
      ];

function metrics(comparison: RunComparison, figures: Figures): Section {
  return section(
    'metrics',
    'Metrics',
    'Metrics on the test images',
    html`${table({
      caption: 'Metrics of both sides',
      head: ['Metric', 'A', 'B', 'A − B', '95% interval'],
      rows: comparedMetrics(comparison).map((row) => [
        html`${row.label} <span class="meaning">${row.better === 'higher' ? 'Higher' : 'Lower'} is better.</span>`,
        ...cells(row, row.format, row.pValue),
      ]),
    })}
${figures.figure('metric-differences', 'Differences', 'Those of shares, with 95% intervals.')}`,
  );
}

function classes({ classes }: RunComparison, figures: Figures): Section {
  const changed = (change: string) =>
    classes
      .filter((row) => row.change === change)
      .map(({ name }) => name)
      .join(', ') || 'none';
  return section(
    'classes',
    'Classes',
    'Class by class',
    html`${facts([
      ['Recognised better by A', changed('gained')],
      ['Recognised better by B', changed('lost')],
    ])}
<p>By more than chance: p below 0.05, raised for looking at all classes (Holm).</p>
${figures.figure(
  'recall-differences',
  'Recall',
  html`${classes.length > mostShown && `The ${mostShown} largest differences. `}With 95% intervals, each by itself.`,
)}
${longTable({
  caption: 'Recall of each class',
  head: ['Class', 'A', 'B', 'A − B', '95% interval'],
  rows: classes.map(({ name, recall, adjustedPValue: p }) => [
    name,
    ...cells(recall, 'percent', p),
  ]),
})}
${longTable({
  caption: 'F1 of each class',
  head: ['Class', 'A', 'B', 'A − B', '95% interval'],
  rows: classes.map(({ name, f1 }) => [name, ...cells(f1, 'percent')]),
})}`,
  );
}
