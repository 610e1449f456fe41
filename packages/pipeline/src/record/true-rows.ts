import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { runIdForm, runIdOf } from '../names.ts';
import { searchable } from '../searchable.ts';
import { type RunRow, rowWhy } from './run-row.ts';
import { isOpen } from './run-status.ts';
import {
  type Execution,
  listRuns,
  rowOfExecution,
  type Standing,
  standingBy,
  standingOf,
} from './temporal-runs.ts';

/** A run in a list, and where it is while it is open. */
export type ListedRun = RunRow & { stage?: string };

/** Milliseconds: runs that ended longer ago and left no record are not looked for in lists. */
const recently = 7 * 86_400_000;

/**
 * Rows of the record, with what Temporal knows better: how open runs stand, how those have ended
 * whose end was not recorded, and which runs ended lately without a record. Writes nothing.
 * @param since older runs than this, of which the record may know without having been asked, are left out
 */
export async function trueRows(
  client: Client,
  recorded: readonly RunRow[],
  since: string | undefined,
): Promise<ListedRun[]> {
  const from = new Date(Math.max(Date.now() - recently, Date.parse(since ?? '1970-01-01')));
  const listed = await listRuns(
    client,
    ` AND (ExecutionStatus = "Running" OR StartTime > "${from.toISOString()}")`,
  );
  const rows = new Map<string, ListedRun>(recorded.map((row) => [row.runId, row]));
  const executions = new Map<string, WorkflowExecutionInfo>();
  for (const execution of listed) {
    const runId = runIdOf(execution.workflowId);
    // The first of a name is the newest.
    if (runIdForm.test(runId) && !executions.has(runId)) executions.set(runId, execution);
  }
  const unrecorded = [...executions].filter(([runId]) => !rows.has(runId));
  // Also one that was reset since, and goes on.
  const open = recorded.filter(
    ({ status, runId }) => isOpen(status) || executions.get(runId)?.status.name === 'RUNNING',
  );
  const found = await Promise.all([
    ...open.map((row) => trueRow(client, row, executions.get(row.runId))),
    ...unrecorded.map(async ([, execution]): Promise<ListedRun> => {
      const { standing, stage } = await looked(client, execution);
      return { ...rowOfExecution(execution, standing), ...stage };
    }),
  ]);
  for (const row of found) rows.set(row.runId, row);
  return [...rows.values()];
}

/** A row of an open run, as it stands. */
async function trueRow(
  client: Client,
  row: RunRow,
  execution: WorkflowExecutionInfo | undefined,
): Promise<ListedRun> {
  if (execution?.status.name !== 'RUNNING') {
    const standing = await standingOf(client, row);
    // A list is a little behind: the run may have begun since.
    return isOpen(standing.status) ? { ...row, ...stageOf(standing) } : withStanding(row, standing);
  }
  const { standing, stage } = await looked(client, execution);
  const knowsMore = execution.typedSearchAttributes.get(searchable.stage) === undefined;
  // The record has the whole reason, and all there is where the service keeps no search attributes.
  if (knowsMore || standing.status === row.status) return { ...row, ...stage };
  return { ...withStanding(row, standing), ...stage };
}

/** How a listed execution stands: lists are a little behind, the runs themselves are not. */
async function looked(client: Client, listed: WorkflowExecutionInfo) {
  const isRunning = listed.status.name === 'RUNNING';
  const { workflowId, runId } = listed;
  const execution: Execution = isRunning
    ? await client.workflow.getHandle(workflowId, runId).describe()
    : listed;
  const standing = await standingBy(client, execution);
  return { standing, stage: stageOf(standing) };
}

const stageOf = ({ status, stage }: Standing): { stage?: string } =>
  isOpen(status) && stage !== undefined ? { stage } : {};

/** A row with another standing than the record has. */
function withStanding(
  { why: _, finishedAt: __, ...row }: RunRow,
  { status, why, finishedAt }: Standing,
): RunRow {
  return {
    ...row,
    status,
    ...(finishedAt && { finishedAt }),
    ...(why && { why: rowWhy(why) }),
  };
}
