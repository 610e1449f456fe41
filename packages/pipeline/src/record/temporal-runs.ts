import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import { awaitEnding, type RunEnding } from '../follow/run-ending.ts';
import { failureTypes, runIdOf, workflowIdOf, workflowType } from '../names.ts';
import { listedResults, searchable } from '../searchable.ts';
import type { trainingPipeline } from '../workflow/index.ts';
import { type RunRow, rowWhy } from './run-row.ts';
import { forgottenEnd, type RunStatus, type StartedBy, type Why } from './run-status.ts';

/** A run's execution as Temporal lists or describes it. */
export type Execution = Omit<WorkflowExecutionInfo, 'raw'>;

/** How a run stands, whoever says so. */
export interface Standing {
  status: RunStatus;
  /** Where it is or was; absent where that is not known. */
  stage?: string;
  why?: Why | undefined;
  finishedAt?: string | undefined;
}

/** Newest first; the default order of a list is not the same on every kind of server. */
export async function listRuns(client: Client, condition = ''): Promise<WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = [];
  const query = `WorkflowType = "${workflowType}"${condition}`;
  for await (const run of client.workflow.list({ query })) found.push(run);
  return found.sort((a, b) => b.startTime.getTime() - a.startTime.getTime());
}

/** Whether a run works for no other one, which has it train a seed: those come and go with it. */
export const isOwn = (execution: Execution): boolean => starterOf(execution)?.kind !== 'run';

/** Which run or schedule started a run; undefined where a person did. */
export function starterOf({ parentExecution, searchAttributes }: Execution): StartedBy | undefined {
  const { workflowId } = parentExecution ?? {};
  if (workflowId) return { kind: 'run', name: runIdOf(workflowId) };
  const [schedule] = searchAttributes?.TemporalScheduledById ?? [];
  return typeof schedule === 'string' ? { kind: 'schedule', name: schedule } : undefined;
}

/**
 * How a run stands by Temporal.
 * @param executionId that of the run's record, since another run may have tried to take its name
 */
export async function standingOf(
  client: Client,
  { runId, executionId }: Pick<RunRow, 'runId' | 'executionId'>,
): Promise<Standing> {
  const execution = await describeExecution(client, runId, executionId);
  return execution === undefined ? forgottenEnd : standingBy(client, execution);
}

/** The run's execution, also after a reset, which goes on as another one; undefined where it is gone. */
async function describeExecution(
  client: Client,
  runId: string,
  executionId: string,
): Promise<Execution | undefined> {
  const describe = (execution?: string) =>
    client.workflow
      .getHandle(workflowIdOf(runId), execution)
      .describe()
      .catch((error) => {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      });
  const current = await describe();
  const first = current?.raw.workflowExecutionInfo?.firstRunId;
  return current?.runId === executionId || first === executionId ? current : describe(executionId);
}

/** What Temporal calls the end of a run, as Atelier's words say it. */
const endings: Partial<Record<WorkflowExecutionInfo['status']['name'], RunStatus>> = {
  COMPLETED: 'finished',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
};

/** How an execution stands that Temporal has described or listed. */
export async function standingBy(client: Client, execution: Execution): Promise<Standing> {
  const { status, closeTime, typedSearchAttributes: attributes, workflowId, runId } = execution;
  const stage = attributes.get(searchable.stage);
  const at = stage === undefined ? {} : { stage };
  if (status.name === 'RUNNING') {
    const attention = attributes.get(searchable.attention);
    if (attention === undefined) return { status: 'running', ...at };
    const [parkedAt = '', kind = ''] = attention.split(': ');
    return { status: 'parked', stage: parkedAt, why: { stage: parkedAt, kind, message: kind } };
  }
  const finishedAt = (closeTime ?? new Date()).toISOString();
  if (status.name === 'COMPLETED') return { status: 'finished', finishedAt };
  // To Temporal, a run that a person aborted has failed: only the failure itself tells.
  const handle = client.workflow.getHandle<typeof trainingPipeline>(workflowId, runId);
  const ending = await awaitEnding(handle);
  return {
    ...{ status: endings[status.name] ?? ending.kind, finishedAt, ...at },
    why: whyOf(ending, stage),
  };
}

const kinds: Partial<Record<RunEnding['kind'], string>> = {
  aborted: failureTypes.aborted,
  skipped: failureTypes.skipped,
  cancelled: 'Cancelled',
  terminated: 'Terminated',
  'timed out': 'TimedOut',
};

const whyOf = (ending: RunEnding, stage = '-'): Why => ({
  stage,
  kind: kinds[ending.kind] ?? failureTypes.user,
  message: ending.kind === 'finished' ? '' : ending.message,
});

/** A run that has no record: what Temporal tells of it. */
export function rowOfExecution(
  execution: Execution,
  { status, why, finishedAt }: Standing,
): RunRow {
  const { workflowId, runId, startTime, typedSearchAttributes: attributes, memo = {} } = execution;
  const startedBy = starterOf(execution);
  const results = listedResults.flatMap(({ key, attribute }) => {
    const value = attributes.get(attribute);
    return value === undefined ? [] : [[key, value]];
  });
  return {
    ...{ runId: runIdOf(workflowId), executionId: runId, revision: -1, status },
    startedAt: startTime.toISOString(),
    ...(finishedAt && { finishedAt }),
    ...(startedBy && { startedBy }),
    dataset: attributes.get(searchable.dataset) ?? String(memo.dataset ?? '-'),
    ...(typeof memo.seed === 'number' && { seed: memo.seed }),
    ...(typeof memo.epochs === 'number' && { epochs: memo.epochs }),
    ...(why && { why: rowWhy(why) }),
    results: Object.fromEntries(results),
  };
}
