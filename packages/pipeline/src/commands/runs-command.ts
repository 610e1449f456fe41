import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import colors from 'picocolors';
import { duration, percent } from '../follow/format.ts';
import { searchAttributes as keys, runIdOf, workflowType } from '../names.ts';
import type { Console } from './console.ts';
import { withSession } from './session.ts';

/** A run as the table shows it. */
export interface RunRow {
  runId: string;
  status: string;
  stage?: string;
  dataset?: string;
  validationAccuracy?: number;
  testAccuracy?: number;
  startedAt: string;
  seconds: number;
}

export interface RunsOptions {
  limit: number;
  json?: boolean;
}

export function runs({ limit, json = false }: RunsOptions, console: Console): Promise<void> {
  return withSession(console, false, async ({ client }) => {
    const rows = await listRuns(client, limit);
    if (json) return console.result(JSON.stringify(rows));
    if (rows.length === 0) return console.line('There are no runs yet: `atelier start`.');
    console.line(formatRuns(rows));
  });
}

async function listRuns(client: Client, limit: number): Promise<RunRow[]> {
  const found: WorkflowExecutionInfo[] = [];
  for await (const run of client.workflow.list({ query: `WorkflowType = "${workflowType}"` }))
    found.push(run);
  return found
    .sort((a, b) => b.startTime.getTime() - a.startTime.getTime())
    .slice(0, limit)
    .map(rowOf);
}

function rowOf(run: WorkflowExecutionInfo): RunRow {
  const { typedSearchAttributes: attributes, startTime, closeTime, status, memo } = run;
  const attention = attributes.get(keys.attention);
  const parked = status.name === 'RUNNING' && attention !== undefined;
  const optional = {
    stage: parked ? attention : attributes.get(keys.stage),
    dataset: attributes.get(keys.dataset) ?? (memo?.dataset as string | undefined),
    validationAccuracy: attributes.get(keys.validationAccuracy),
    testAccuracy: attributes.get(keys.testAccuracy),
  };
  return {
    runId: runIdOf(run.workflowId),
    status: parked ? 'parked' : status.name.toLowerCase().replace('completed', 'finished'),
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<RunRow>),
    startedAt: startTime.toISOString(),
    seconds: ((closeTime ?? new Date()).getTime() - startTime.getTime()) / 1000,
  };
}

const header = ['run', 'status', 'stage', 'dataset', 'validation', 'test', 'started (UTC)', 'took'];

/** Columns as wide as they need, two spaces apart: for people and for awk. */
export function formatRuns(rows: readonly RunRow[]): string {
  const cells = rows.map((row) => [
    row.runId,
    row.status,
    row.stage ?? '-',
    row.dataset ?? '-',
    row.validationAccuracy === undefined ? '-' : percent(row.validationAccuracy),
    row.testAccuracy === undefined ? '-' : percent(row.testAccuracy),
    row.startedAt.slice(0, 16).replace('T', ' '),
    duration(row.seconds),
  ]);
  const widths = header.map((name, i) =>
    Math.max(name.length, ...cells.map((row) => row[i]!.length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [colors.bold(line(header)), ...cells.map(line)].join('\n');
}
