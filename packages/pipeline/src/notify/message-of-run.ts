import { sha256 } from '@atelier/artifacts';
import type { Message, NotifiedEvent } from '@atelier/notify/message';
import { failureTypes } from '../names.ts';
import type { RunRecord } from '../record/run-record-schema.ts';
import { type RunStatus, starterText } from '../record/run-status.ts';
import { changesChampion } from '../registry/decision.ts';
import { listedResults } from '../searchable.ts';
import type { RunIdentity } from '../stages/index.ts';
import { promotePlan } from '../stages/promote/plan.ts';
import { metricText } from '../terminal/text.ts';
import { approvalWays } from '../workflow/approval-commands.ts';

/** What somebody is told of; what a person has just decided themselves is no news. */
const events: Partial<Record<RunStatus, NotifiedEvent>> = {
  finished: 'finished',
  failed: 'failed',
  terminated: 'failed',
  'timed out': 'failed',
  parked: 'parked',
  skipped: 'skipped',
};

/**
 * What a run's record says that somebody should know, in the order in which it happened; nothing
 * where it is no news. Of a seed that is trained for another run, that run tells.
 * @param at when the record was written, where it does not say so
 */
export const messagesOfRun = (record: RunRecord, at: string): Message[] =>
  record.startedBy?.kind === 'run'
    ? []
    : [messageOfRun(record, at), messageOfVerdict(record, at)].flatMap((message) => message ?? []);

function messageOfRun(record: RunRecord, at: string): Message | undefined {
  const { runId, executionId, revision, status, why, startedBy, configuration } = record;
  const event = events[status];
  if (event === undefined) return undefined;
  const results = record.results ?? {};
  return {
    schemaVersion: 1,
    id: idOf(`${executionId} ${revision} ${status}`),
    event,
    at: record.finishedAt ?? at,
    run: runId,
    dataset: configuration.dataset.name,
    ...(startedBy && { startedBy: starterText(startedBy) }),
    summary: summaryOf(record, results),
    ...(why && { reason: [why.message, why.remedy].filter(Boolean).join('\n') }),
    commands: commandsOf(record, event),
    results,
  };
}

/** What the gate of a finished run has decided; that a model is the same as before is no news. */
function messageOfVerdict(record: RunRecord, at: string): Message | undefined {
  const { runId, executionId, status, startedBy, configuration, stages, results = {} } = record;
  const verdict = promotePlan.record.summary.safeParse(stages.promote?.summary).data;
  if (status !== 'finished' || verdict === undefined || verdict.outcome === 'unchanged')
    return undefined;
  const { outcome, sentence, number } = verdict;
  const { name: dataset } = configuration.dataset;
  const isInUse = changesChampion({ outcome });
  return {
    schemaVersion: 1,
    id: idOf(`${executionId} verdict`),
    event: isInUse ? 'promoted' : 'held',
    at: record.finishedAt ?? at,
    run: runId,
    dataset,
    ...(startedBy && { startedBy: starterText(startedBy) }),
    summary: isInUse
      ? `Run ${runId} is the champion of ${dataset} (decision ${number}).`
      : `Run ${runId} is not put in use for ${dataset}.`,
    reason: sentence,
    commands: isInUse
      ? [`npx atelier champion --dataset ${dataset}`, 'npx atelier rollback --reason "…"']
      : [`npx atelier compare champion:${dataset} ${runId}`, 'npx atelier history'],
    results,
  };
}

/** Once for a run, however often its training is tried. */
export function messageOfLowDisk(
  { runId, executionId, startedAt }: RunIdentity,
  notice: string,
): Message {
  return {
    schemaVersion: 1,
    id: idOf(`${executionId} disk low`),
    event: 'disk low',
    at: startedAt,
    run: runId,
    summary: notice,
    commands: ['npx atelier prune'],
    results: {},
  };
}

/** @param id of the removal */
export const messageOfFailedPrune = (
  { id, message }: { id: string; message: string },
  at: string,
): Message => ({
  ...{ schemaVersion: 1, id: idOf(`${id} prune`), event: 'failed', at, results: {} },
  summary: 'The weekly removal of old runs failed.',
  reason: message,
  commands: ['npx atelier prune', 'npx atelier schedule --name prune --trigger'],
});

const idOf = (what: string): string => sha256(Buffer.from(what)).slice(0, 32);

function summaryOf({ runId, status, why }: RunRecord, results: Record<string, number>): string {
  const place = why === undefined ? '' : ` at stage ${why.stage}`;
  if (status === 'parked') return `Run ${runId} waits for a person${place}.`;
  if (status === 'skipped') return `Run ${runId} was skipped.`;
  if (status !== 'finished') return `Run ${runId} ended without a result${place}: ${status}.`;
  const told = listedResults.flatMap(({ key, column, format }) =>
    results[key] === undefined ? [] : [`${column} ${metricText(format, results[key])}`],
  );
  return `Run ${runId} is finished: ${told.join(', ')}.`;
}

function commandsOf({ runId, why }: RunRecord, event: NotifiedEvent): string[] {
  if (why?.kind === failureTypes.contract)
    return [`npx atelier show ${runId}`, `npx atelier accept ${runId}`];
  if (event === 'parked' && why?.kind === failureTypes.approval)
    return approvalWays(runId).map(({ command }) => command);
  if (event === 'parked') return [`npx atelier retry ${runId}`, `npx atelier abort ${runId}`];
  if (event === 'skipped') return ['npx atelier schedule --show'];
  return event === 'finished' ? [`npx atelier fetch ${runId}`] : [`npx atelier show ${runId}`];
}
