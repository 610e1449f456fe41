import { encodeDocument } from '@atelier/artifacts';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { z } from 'zod';
import { runIdForm, runIdOf } from '../names.ts';
import { type RunConfig, runConfigSchema } from '../run-configuration.ts';
import type { Tell } from '../run-record.ts';
import type { Store } from '../run-store.ts';
import { changedSettings } from './changed-settings.ts';
import { indexRun, readIndex, rebuildIndex } from './run-index.ts';
import type { RunRow } from './run-row.ts';
import { isOpen, type RunStatus } from './run-status.ts';
import {
  type Execution,
  listRuns,
  type Standing,
  standingBy,
  standingOf,
  starterOf,
} from './temporal-runs.ts';
import { timelineOf } from './timeline.ts';

/** An end that was put on record after the fact. */
export interface Reconciled {
  workflowId: string;
  status: RunStatus;
  why: string;
}

/**
 * Puts on record how runs have ended that could not write so themselves: terminated or timed out,
 * ended while the store was away, or forgotten by Temporal. Runs that ended before they had opened
 * get a record. Nothing newer is overwritten: the run's own writing, whenever it comes, has a higher
 * number.
 *
 * What is written is told of before it is in the index, by which is known what is to be looked at: a
 * worker that dies in between leaves it to the next.
 * @param tell see `Tell`
 * @param log told of what is put on record
 */
export async function reconcileRecords(
  client: Client,
  store: Store,
  tell: Tell,
  log: (ended: Reconciled) => void,
): Promise<void> {
  const told = async (content: Buffer): Promise<void> => {
    await tell(content);
    await indexRun(store, content);
  };
  const indexed = await readIndex(store, undefined, () => false);
  // Of a bucket from before there was an index.
  if (indexed === undefined) await rebuildIndex(store);
  const { rows } = indexed ?? (await readIndex(store, undefined, () => false)) ?? { rows: [] };
  for (const row of rows.filter(({ status }) => isOpen(status))) {
    const ended = await endRecord(client, store, row, told);
    if (ended) log(ended);
  }
  const known = new Set(rows.map(({ runId }) => runId));
  for (const execution of await listRuns(client, ' AND ExecutionStatus != "Running"')) {
    const runId = runIdOf(execution.workflowId);
    if (known.has(runId) || !runIdForm.test(runId)) continue;
    known.add(runId);
    const ended = await recordUnopened(client, store, { runId, execution }, told);
    if (ended) log(ended);
  }
}

const standingSchema = z.looseObject({
  workflowId: z.string(),
  executionId: z.string(),
  status: z.string(),
});

/** Where Temporal says that a run has ended which is open by its record. */
async function endRecord(
  client: Client,
  store: Store,
  { runId, executionId }: RunRow,
  told: Tell,
): Promise<Reconciled | undefined> {
  for (;;) {
    const seen = await store.readRunDocument(runId, 'run.json', standingSchema);
    if (seen?.value === undefined) return undefined;
    const { workflowId, status } = seen.value;
    // The end was written, and who wrote it died before it was in the index.
    if (!isOpen(status) || seen.value.executionId !== executionId) {
      await (isOpen(status) ? indexRun(store, seen.content!) : told(seen.content!));
      return undefined;
    }
    const standing = await standingOf(client, { runId, executionId });
    if (isOpen(standing.status)) return undefined;
    const timeline = await historyOf(client, workflowId).then(timelineOf, () => undefined);
    const ended = { ...seen.value, ...endOf(standing), ...(timeline && { timeline }) };
    const content = encodeDocument(ended);
    if (!(await store.replaceRunFile(runId, 'run.json', content, seen.etag))) continue;
    await told(content);
    return reconciled(workflowId, standing);
  }
}

/** A run that ended before it had opened: no worker was there, or its configuration was refused. */
async function recordUnopened(
  client: Client,
  store: Store,
  { runId, execution }: { runId: string; execution: WorkflowExecutionInfo },
  told: Tell,
): Promise<Reconciled | undefined> {
  const { workflowId, runId: executionId, startTime } = execution;
  const seen = await store.readRunDocument(runId, 'run.json', standingSchema);
  if (seen !== undefined) {
    const { value } = seen;
    // Its record was written so before, and who wrote it died before it was in the index.
    const isIts = value?.executionId === executionId && !isOpen(value.status);
    if (isIts) await told(seen.content!);
    return undefined;
  }
  const startedBy = starterOf(execution);
  const configuration = await configurationOf(client, execution);
  if (configuration === undefined) return undefined;
  const standing = await standingBy(client, execution);
  const { seed } = configuration;
  const content = encodeDocument({
    ...{ schemaVersion: 1, runId, workflowId, executionId, startedAt: startTime.toISOString() },
    ...(startedBy && { startedBy }),
    ...{ revision: 0, ...(seed !== 'nightly' && { seed }), configuration },
    ...{ changed: changedSettings(configuration), ...endOf(standing) },
  });
  if (!(await store.createRunFile(runId, 'run.json', content))) return undefined;
  await told(content);
  return reconciled(workflowId, standing);
}

const endOf = ({ status, why, finishedAt }: Standing) => ({
  status,
  // Of a run that Temporal has forgotten nobody knows when it ended.
  ...(finishedAt && { finishedAt }),
  ...(why && { why }),
});

const reconciled = (workflowId: string, { status, why }: Standing): Reconciled => ({
  ...{ workflowId, status },
  why: why?.message ?? '',
});

const historyOf = (client: Client, workflowId: string, executionId?: string) =>
  client.workflow.getHandle(workflowId, executionId).fetchHistory();

/** What a run was started with; undefined where that is no run's configuration. */
async function configurationOf(
  client: Client,
  { workflowId, runId }: Execution,
): Promise<RunConfig | undefined> {
  const { events } = await historyOf(client, workflowId, runId);
  const input = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  const given = input && defaultPayloadConverter.fromPayload(input);
  return runConfigSchema.safeParse(given).data;
}
