import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { awaitEnding, type Ending } from '../follow/run-ending.ts';
import { runIdOf } from '../names.ts';
import { listedResults, searchable } from '../searchable.ts';
import type { ResultName } from '../stages/index.ts';
import { bold, type Console } from '../terminal/console.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { duration, metricCell } from '../terminal/text.ts';
import type { trainingPipeline } from '../workflow/index.ts';
import { listRuns, type RunHandle } from './find-run.ts';
import { withSession } from './session.ts';

/** A run as the table shows it. */
export interface RunRow extends Partial<Record<ResultName, number>> {
  runId: string;
  status: 'running' | Ending['kind'];
  stage?: string;
  dataset?: string;
  startedAt: string;
  seconds: number;
}

export interface RunsOptions {
  limit: number;
  json?: boolean;
}

export function runs({ limit, json = false }: RunsOptions, console: Console): Promise<void> {
  return withSession(console, 'read', async (session) => {
    const { client } = session;
    const newest = (await listRuns(client)).slice(0, limit);
    const rows = await Promise.all(newest.map((run) => rowOf(client, run)));
    if (json) return console.result(JSON.stringify(rows));
    if (rows.length === 0) return console.line('There are no runs yet: `npx atelier start`.');
    for (const [i, line] of formatRuns(rows, console.columns).entries())
      console.line(line, i === 0 ? bold : undefined);
    const { environment, state } = session;
    if (environment.localWorker && !state.workerPid && rows.some(isOpen))
      console.warn('! No worker runs: `npx atelier up` starts one, and open runs go on.');
  });
}

const isOpen = ({ status }: RunRow): boolean => status === 'running' || status === 'parked';

async function rowOf(client: Client, listed: WorkflowExecutionInfo): Promise<RunRow> {
  const handle = client.workflow.getHandle<typeof trainingPipeline>(listed.workflowId);
  // Lists are a little behind, the runs themselves are not.
  const run = listed.status.name === 'RUNNING' ? await handle.describe() : listed;
  const { typedSearchAttributes: attributes, startTime, closeTime, memo } = run;
  const status = await statusOf(run, handle);
  const { attention, stage, dataset } = searchable;
  const optional = {
    stage: attributes.get(status === 'parked' ? attention : stage),
    dataset: attributes.get(dataset) ?? (memo?.dataset as string | undefined),
    ...Object.fromEntries(
      listedResults.map(({ key, attribute }) => [key, attributes.get(attribute)]),
    ),
  };
  return {
    runId: runIdOf(run.workflowId),
    status,
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<RunRow>),
    startedAt: startTime.toISOString(),
    seconds: ((closeTime ?? new Date()).getTime() - startTime.getTime()) / 1000,
  };
}

/** What Temporal calls the end of a run, as Atelier's words say it. */
const endings: Partial<Record<WorkflowExecutionInfo['status']['name'], RunRow['status']>> = {
  COMPLETED: 'finished',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
};

async function statusOf(
  {
    status: { name },
    typedSearchAttributes,
  }: Pick<WorkflowExecutionInfo, 'status' | 'typedSearchAttributes'>,
  handle: RunHandle,
): Promise<RunRow['status']> {
  if (name === 'RUNNING')
    return typedSearchAttributes.get(searchable.attention) === undefined ? 'running' : 'parked';
  // To Temporal, a run that a person aborted has failed: only the failure itself tells.
  return endings[name] ?? (await awaitEnding(handle)).kind;
}

/** The results whose columns stay longest where a terminal is narrow. */
const stays: Partial<Record<ResultName, number>> = { testAccuracy: 1, validationAccuracy: 3 };

const columns: Column<RunRow>[] = [
  { header: 'run', cell: ({ runId }) => runId },
  { header: 'status', cell: statusCell },
  { header: 'dataset', cell: ({ dataset = '-' }) => dataset, leaveOut: 5 },
  ...listedResults.map(
    ({ key, column, format }, i): Column<RunRow> => ({
      header: column,
      cell: ({ [key]: value }) => metricCell(format, value),
      leaveOut: stays[key] ?? 5 + i,
    }),
  ),
  {
    header: 'started (UTC)',
    cell: ({ startedAt }) => startedAt.slice(0, 16).replace('T', ' '),
    leaveOut: 2,
  },
  { header: 'took', cell: ({ seconds }) => duration(seconds), leaveOut: 4 },
];

/** A run that is not over stands at a stage: `running train`, `parked at data`. */
function statusCell({ status, stage = '' }: RunRow): string {
  if (status === 'parked') return `parked at ${stage.split(':')[0]}`;
  return status === 'running' ? `running ${stage}`.trimEnd() : status;
}

/** @param available characters that a line has room for */
export const formatRuns = (rows: readonly RunRow[], available: number): string[] =>
  tableLines(columns, rows, available);
