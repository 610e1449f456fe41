import { reportLink } from '../follow/report-link.ts';
import { parkedText } from '../follow/show-ending.ts';
import { failureTypes } from '../names.ts';
import { commitText } from '../record/read-run-record.ts';
import type { RunSeeds, SeedRun } from '../record/run-seeds.ts';
import { starterText } from '../record/run-status.ts';
import { type ShownRun, type ShownStage, shownRun } from '../record/shown-run.ts';
import { listedResults } from '../searchable.ts';
import { bold, type Console } from '../terminal/console.ts';
import { type Column, labelledLines, tableLines } from '../terminal/table.ts';
import { duration, metricCell, metricText, percent } from '../terminal/text.ts';
import { approvalWays } from '../workflow/approval-commands.ts';
import { findRun } from './find-run.ts';
import { secondsOf, tookText } from './run-times.ts';
import { type Records, withRecords, workflowUrl } from './session.ts';

export interface ShowOptions {
  json?: boolean;
}

/** Everything about one run on a page. */
export function show(
  run: string | undefined,
  { json = false }: ShowOptions,
  console: Console,
): Promise<void> {
  return withRecords(console, async (records) => {
    const { runId, handle } = await findRun(records, run);
    const shown = await shownRun(records.store, records.client, runId, handle);
    const links = await linksOf(records, shown);
    if (json) return console.result(JSON.stringify(shownJson(shown, links)));
    for (const [i, line] of showLines(shown, links, console.columns).entries())
      console.line(line, i === 0 || /^\S.*:$/.test(line) ? bold : undefined);
  });
}

interface Links {
  report?: string;
  reportUrl?: string;
  workflow?: string;
}

async function linksOf(records: Records, { record, status }: ShownRun): Promise<Links> {
  const { runId, workflowId } = record;
  const workflow = records.client && workflowUrl(records, workflowId);
  if (status !== 'finished') return { ...(workflow && { workflow }) };
  const { url } = await reportLink(records.store, runId);
  return {
    report: `s3://${records.store.bucket}/runs/${runId}/report.html`,
    ...(url && { reportUrl: url }),
    ...(workflow && { workflow }),
  };
}

function shownJson(shown: ShownRun, links: Links) {
  const { record, results, progress: _, ...rest } = shown;
  const { runId, workflowId, executionId, startedAt, startedBy, seed, code, files } = record;
  const { configuration, seeds } = record;
  return {
    ...{ runId, workflowId, executionId, startedAt, startedBy, seed, code, configuration },
    ...(seeds && { seeds }),
    ...{ ...rest, ...results, seconds: secondsOf(timesOf(shown)), files, ...links },
  };
}

const timesOf = ({ record, status, finishedAt }: ShownRun) => ({
  ...{ startedAt: record.startedAt, finishedAt, status },
});

/** @param available characters that a line has room for */
export function showLines(shown: ShownRun, links: Links, available: number): string[] {
  const { record, status, why, progress, changed, stages, notices, notes } = shown;
  const { runId } = record;
  const settings = Object.entries(changed).map(([path, value]) => [path, textOf(value)] as const);
  const lines = [`Run ${runId}: ${status}`, ...labelled(facts(shown, links), available)];
  if (progress?.attention) lines.push('', ...parkedText(runId, progress.attention).split('\n'));
  else if (why) lines.push('', ...section(`Why, at ${why.stage} (${why.kind}):`, whyLines(shown)));
  lines.push('', ...section('Settings that are no defaults:', labelled(settings, available)));
  lines.push('', ...section('Stages:', stageLines(stages, available)));
  if (record.seeds) lines.push('', ...section('Seeds:', seedLines(record.seeds, available)));
  if (notices.length > 0) lines.push('', ...section('Notices:', notices.map(indented)));
  const said = notes.map(({ at, by, text }) =>
    indented(`${timeOf(at)}${by ? ` ${by}` : ''}: ${text}`),
  );
  if (said.length > 0) lines.push('', ...section('Notes:', said));
  const files = Object.entries(record.files);
  if (files.length === 0) return lines;
  const rows = tableLines(fileColumns, files, available - 2).map(indented);
  return [...lines, '', ...section('Files:', rows)];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [`${title} none`] : [title, ...lines];

const indented = (text: string): string => `  ${text.replace(/\n/g, '\n  ')}`;

const labelled = (rows: readonly (readonly [string, string])[], available: number): string[] =>
  rows.length === 0 ? [] : labelledLines(rows, available).flat();

function whyLines({ record, why, status }: ShownRun): string[] {
  const { message = '', remedy } = why ?? {};
  const isSaid = remedy === undefined || message.includes(remedy);
  const toDo = isSaid ? [] : [`what to do: ${remedy}`];
  if (status === 'parked' && why?.kind === failureTypes.approval)
    toDo.push(...approvalWays(record.runId).map(({ command }) => command));
  else if (status === 'parked') toDo.push(`npx atelier retry ${record.runId}`);
  return [...message.split('\n'), ...toDo].map(indented);
}

function facts(shown: ShownRun, { report, reportUrl, workflow }: Links): [string, string][] {
  const { record, results, tags, verdict } = shown;
  const { startedAt, startedBy, seed, configuration, code, runId } = record;
  const by = startedBy && `, by ${starterText(startedBy)}`;
  const commit = commitText(code);
  const measured = listedResults.flatMap(({ key, column, format }): [string, string][] =>
    results[key] === undefined ? [] : [[column, metricText(format, results[key])]],
  );
  const optional: [string, string | undefined][] = [
    ['promotion', verdict?.sentence],
    ['code', commit],
    ['tags', tags.join(', ') || undefined],
    ['report', report],
    ['open for 7 days at', reportUrl],
    ['fetch all files', report && `npx atelier fetch ${runId}`],
    ['workflow', workflow],
  ];
  return [
    ['started', `${timeOf(startedAt)}${by ?? ''}`],
    ['took', tookText(timesOf(shown))],
    ['dataset', configuration.dataset.name],
    ['seed', seed === undefined ? '-' : String(seed)],
    ['epochs', String(configuration.recipe.epochs)],
    ...measured,
    ...optional.flatMap(([label, text]): [string, string][] => (text ? [[label, text]] : [])),
  ];
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

const timeOf = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`;

const stageColumns: Column<ShownStage>[] = [
  { header: 'stage', cell: ({ stage }) => stage },
  { header: 'state', cell: ({ state }) => state },
  {
    header: 'began',
    cell: ({ startedAt }) => startedAt?.slice(11, 19) ?? '-',
    leaveOut: 3,
  },
  { header: 'took', cell: ({ seconds }) => (seconds === undefined ? '-' : duration(seconds)) },
  {
    header: 'attempts',
    cell: ({ attempts }) => (attempts === undefined ? '-' : `${attempts}`),
    align: 'right',
    leaveOut: 1,
  },
  {
    header: 'fingerprint',
    cell: ({ fingerprint }) => fingerprint?.slice(0, 12) ?? '-',
    leaveOut: 2,
  },
  { header: 'how', cell: howCell, leaveOut: 4, shrinksTo: 20 },
];

function howCell({ hit, why = '' }: ShownStage): string {
  if (hit === undefined) return '';
  return hit ? `already ${why}` : why;
}

function stageLines(stages: readonly ShownStage[], available: number): string[] {
  const [header, ...rows] = tableLines(stageColumns, stages, available - 2).map(indented);
  return [
    header!,
    ...stages.flatMap(({ failures = [] }, i) => [
      rows[i]!,
      ...failures.map(({ kind, message }) => indented(indented(`! ${kind}: ${message}`))),
    ]),
  ];
}

const seedColumns: Column<SeedRun>[] = [
  { header: 'seed', cell: ({ seed }) => `${seed}` },
  { header: 'run', cell: ({ run }) => run },
  { header: 'state', cell: ({ state }) => state },
  {
    header: 'validation',
    cell: ({ validationAccuracy }) => metricCell('percent', validationAccuracy),
    align: 'right',
  },
  {
    header: 'test',
    cell: ({ testAccuracy }) => metricCell('percent', testAccuracy),
    align: 'right',
  },
  { header: 'why', cell: ({ why = '' }) => why.split('\n', 1)[0]!, leaveOut: 1, shrinksTo: 20 },
];

/** Each seed, then how far they lie apart, and which of them the run goes on with. */
function seedLines({ runs, spread }: RunSeeds, available: number): string[] {
  const lines = tableLines(seedColumns, runs, available - 2).map(indented);
  if (spread === undefined) return lines;
  const { chosen, validationAccuracy, testAccuracy } = spread;
  const apart = Object.entries({ validation: validationAccuracy, test: testAccuracy });
  return [
    ...lines,
    ...labelled(
      [
        ['put forward', `seed ${chosen}, the median by validation accuracy`],
        ...apart.map(([split, { min, median, max, sd }]): [string, string] => [
          split,
          `${percent(min)} to ${percent(max)}, median ${percent(median)}, standard deviation ${percent(sd)}`,
        ]),
      ],
      available,
    ),
  ];
}

type File = [name: string, ref: { sha256: string; bytes: number }];

const fileColumns: Column<File>[] = [
  { header: 'name', cell: ([name]) => name },
  { header: 'bytes', cell: ([, { bytes }]) => bytes.toLocaleString('en'), align: 'right' },
  { header: 'SHA-256', cell: ([, { sha256 }]) => sha256, leaveOut: 1, shrinksTo: 13 },
];
