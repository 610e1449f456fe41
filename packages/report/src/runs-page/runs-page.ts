import { readFileSync } from 'node:fs';
import { counted, moment, percent, percentRange } from '../numbers.ts';
import { type Content, type Html, html } from '../page/html.ts';
import { page } from '../page/page.ts';
import { Figures } from '../plots/figures.ts';
import { section } from '../sections/section.ts';
import { accuracyPlot } from './accuracy-plot.ts';
import { calendar } from './calendar.ts';
import { outcomeOf, type RunEntry } from './run-entry.ts';

const file = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const css = file('./runs-page.css');
const script = file('./sort-and-filter.js');

/** Rows of the table: a year of nights, and as many by hand. */
const longest = 800;

/**
 * The page of all runs, one HTML file that needs no network: what became of each day, accuracy over
 * time, and a table with links to the reports beside it. Equal arguments give equal bytes.
 * @param madeAt ISO 8601
 */
export async function renderRunsPage(
  entries: readonly RunEntry[],
  madeAt: string,
): Promise<string> {
  const newest = entries.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  // A seed of several counts by the run for which it was trained.
  const own = newest.filter(({ worksForAnother }) => !worksForAnother);
  const plot = accuracyPlot(own.slice(0, longest));
  const hasBand = own.some(({ spread }) => spread !== undefined);
  const figures = plot && (await Figures.draw([plot]));
  const sections = [
    section('days', 'Days', 'A year of days', calendar(own, madeAt)),
    ...(figures
      ? [
          section(
            'accuracy',
            'Accuracy',
            'Accuracy over time',
            figures.figure(
              'accuracy-over-time',
              'Test accuracy',
              `Lines are 95% intervals.${hasBand ? ' Bands go from the worst to the best of the seeds of which a run is the median one.' : ''}`,
            ),
          ),
        ]
      : []),
    section('runs', 'Runs', 'Every run', runTable(newest)),
  ];
  const header = html`<header>
<p class="kicker">Atelier</p>
<h1>Runs</h1>
<p class="lede">${counted(entries.length, 'run')}, as of ${moment(madeAt)}.</p>
</header>`;
  return page({
    title: 'Runs',
    header,
    sections,
    css,
    script,
    footer: 'Made from the record of runs, index/runs/, after every run.',
  });
}

interface RunColumn {
  title: string;
  cell(entry: RunEntry): Content;
  /** What rows are sorted by, where it is not the text of the cell. */
  key?(entry: RunEntry): number | string | undefined;
}

const share = (value: number | undefined): string => (value === undefined ? '' : percent(value));

const columns: RunColumn[] = [
  { title: 'Run', cell: name, key: ({ run }) => run },
  { title: 'Started (UTC)', cell: ({ startedAt }) => startedAt.slice(0, 16).replace('T', ' ') },
  { title: 'Status', cell: status },
  { title: 'Dataset', cell: ({ dataset }) => dataset },
  { title: 'By', cell: ({ startedBy = '' }) => startedBy },
  { title: 'Seed', cell: ({ seed }) => seed ?? '', key: ({ seed }) => seed },
  { title: 'Epochs', cell: ({ epochs }) => epochs ?? '', key: ({ epochs }) => epochs },
  {
    title: 'Validation',
    cell: ({ validationAccuracy }) => share(validationAccuracy),
    key: ({ validationAccuracy }) => validationAccuracy,
  },
  {
    title: 'Test',
    cell: ({ testAccuracy, spread }) =>
      spread === undefined
        ? share(testAccuracy)
        : html`${share(testAccuracy)}<span class="meaning">seeds ${percentRange({ lower: spread.min, upper: spread.max })}, sd ${percent(spread.sd)}</span>`,
    key: ({ testAccuracy }) => testAccuracy,
  },
  {
    title: 'Promotion',
    cell: ({ verdict }) =>
      verdict === undefined
        ? ''
        : html`${verdict.outcome}<span class="meaning">${verdict.sentence}</span>`,
    key: ({ verdict }) => verdict?.outcome,
  },
];

function name({ run, status }: RunEntry): Html {
  return status === 'finished'
    ? html`<a href="${encodeURIComponent(run)}/report.html">${run}</a>`
    : html`${run}`;
}

function status(entry: RunEntry): Html {
  return html`<span class="${outcomeOf(entry)}">${entry.status}</span>${
    entry.why !== undefined && html`<span class="meaning">${entry.why}</span>`
  }`;
}

function runTable(newest: readonly RunEntry[]): Html {
  const shown = newest.slice(0, longest);
  const statuses = [...new Set(shown.map((entry) => entry.status))].sort();
  return html`<form class="filter" hidden>
<label>Filter <input type="search" name="text" autocomplete="off"></label>
<label>Status <select name="status"><option value="">all</option>${statuses.map((it) => html`<option>${it}</option>`)}</select></label>
<output></output>
</form>
<div class="scroll" tabindex="0" role="region" aria-label="Table of runs">
<table class="runs">
<caption>${counted(shown.length, 'run')}, newest first${newest.length > shown.length && `; ${counted(newest.length - shown.length, 'older one')} left out`}</caption>
<thead><tr>${columns.map(({ title }) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${shown.map(line)}</tbody>
</table>
</div>`;
}

const line = (entry: RunEntry): Html =>
  html`<tr data-status="${entry.status}">${columns.map(({ cell, key }, i) => {
    const sorted = key?.(entry);
    const attribute = key && html` data-key="${sorted ?? ''}"`;
    return i === 0
      ? html`<th scope="row"${attribute ?? null}>${cell(entry)}</th>`
      : html`<td${attribute ?? null}>${cell(entry)}</td>`;
  })}</tr>\n`;
