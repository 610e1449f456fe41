import { recordedCandidates, type Selection, select } from '../record/list-runs.ts';
import { rebuildIndex } from '../record/run-index.ts';
import { isOpen } from '../record/run-status.ts';
import { type ListedRun, trueRows } from '../record/true-rows.ts';
import { listedResults } from '../searchable.ts';
import type { ResultName } from '../stages/index.ts';
import { bold, type Console } from '../terminal/console.ts';
import { asUsage, CommandFailure } from '../terminal/exit.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { metricCell, minuteText } from '../terminal/text.ts';
import { readSelection, type SelectionFlags } from './read-selection.ts';
import { secondsOf, tookText } from './run-times.ts';
import { withStore } from './services.ts';
import { type Records, withRecords } from './session.ts';

export interface RunsOptions extends SelectionFlags {
  json?: boolean;
  rebuild?: boolean;
}

export async function runs(options: RunsOptions, console: Console): Promise<void> {
  const { json = false, rebuild = false } = options;
  const selection = await asUsage(() => readSelection(options));
  if (rebuild) await makeIndex(console);
  await withRecords(console, async (records) => {
    const rows = await selectedRuns(records, selection);
    if (json) return console.result(JSON.stringify(rows.map(rowJson)));
    if (rows.length === 0) return console.line(nothing(options));
    for (const [i, line] of formatRuns(rows, console.columns).entries())
      console.line(line, i === 0 ? bold : undefined);
    const { environment, state } = records;
    if (environment.localWorker && !state.workerPid && rows.some(({ status }) => isOpen(status)))
      console.warn('! No worker runs: `npx atelier up` starts one, and open runs go on.');
  });
}

/** From the record, put right by what Temporal knows of open runs, where it answers. */
async function selectedRuns(
  { store, client }: Records,
  selection: Selection,
): Promise<ListedRun[]> {
  const { rows, from } = await recordedCandidates(store, selection);
  return select(client === undefined ? rows : await trueRows(client, rows, from), selection);
}

function makeIndex(console: Console): Promise<void> {
  const write = async (store: Parameters<typeof rebuildIndex>[0]): Promise<void> => {
    const { runs, unreadable } = await rebuildIndex(store);
    console.line(`The index is made anew from the records of ${runs} runs.`);
    for (const { runId, problem } of unreadable)
      console.warn(`! The record of run ${runId} cannot be read: ${problem}.`);
    if (unreadable.length > 0)
      throw new CommandFailure(`${unreadable.length} records cannot be read; see above.`);
  };
  return withStore(console, write, 'writer');
}

const nothing = ({ status, dataset, since }: RunsOptions): string =>
  (status ?? dataset ?? since)
    ? 'No run is as you ask for: `npx atelier runs` lists the newest.'
    : 'There are no runs yet: `npx atelier start`.';

/** A run as `--json` prints it. */
function rowJson(run: ListedRun) {
  const { executionId: _, revision: __, results, ...row } = run;
  return { ...row, ...results, seconds: secondsOf(run) };
}

/** The results whose columns stay longest where a terminal is narrow. */
const stays: Partial<Record<ResultName, number>> = { testAccuracy: 1, validationAccuracy: 4 };

/** Left out where no run that is listed has decided anything. */
const promotion: Column<ListedRun> = {
  header: 'promotion',
  cell: ({ verdict }) => verdict?.outcome ?? '',
  leaveOut: 3,
};

const columns: Column<ListedRun>[] = [
  { header: 'run', cell: ({ runId }) => runId },
  { header: 'status', cell: statusCell },
  { header: 'dataset', cell: ({ dataset }) => dataset, leaveOut: 6 },
  { header: 'seed', cell: ({ seed }) => countCell(seed), align: 'right', leaveOut: 8 },
  { header: 'epochs', cell: ({ epochs }) => countCell(epochs), align: 'right', leaveOut: 7 },
  ...listedResults.map(
    ({ key, column, format }, i): Column<ListedRun> => ({
      header: column,
      cell: ({ results }) => metricCell(format, results[key]),
      leaveOut: stays[key] ?? 9 + i,
    }),
  ),
  {
    header: 'started (UTC)',
    cell: ({ startedAt }) => minuteText(startedAt),
    leaveOut: 3,
  },
  { header: 'took', cell: tookText, leaveOut: 5 },
  promotion,
  { header: 'why', cell: whyCell, leaveOut: 2, shrinksTo: 24 },
];

const countCell = (value: number | undefined): string => (value === undefined ? '-' : `${value}`);

/** A run that is not over stands at a stage: `running train`, `parked at data`. */
function statusCell({ status, stage, why }: ListedRun): string {
  if (status === 'parked') return `parked at ${stage ?? why?.stage ?? '-'}`;
  return status === 'running' ? `running ${stage ?? ''}`.trimEnd() : status;
}

/** Where the stage says more than status and message do, it comes first. */
function whyCell({ status, why }: ListedRun): string {
  if (why === undefined) return '';
  const isKnown = status !== 'failed' || why.stage === '-';
  return isKnown ? why.message : `${why.stage}: ${why.message}`;
}

/** @param available characters that a line has room for */
export function formatRuns(rows: readonly ListedRun[], available: number): string[] {
  const decided = rows.some(({ verdict }) => verdict !== undefined);
  const shown = columns.filter((column) => decided || column !== promotion);
  return tableLines(shown, rows, available);
}
