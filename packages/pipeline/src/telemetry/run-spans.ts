import { parseDocument } from '@atelier/artifacts';
import type { PastSpan } from '@atelier/telemetry';
import { type RunRecord, runRecordSchema } from '../record/run-record-schema.ts';
import { isOpen } from '../record/run-status.ts';
import type { Tell } from '../run-record.ts';
import type { Telemetry } from './telemetry.ts';

/** Traces a run when its record says that it is over, by the times that are on record. */
export const tracingTell =
  ({ tracing }: Pick<Telemetry, 'tracing'>): Tell =>
  async (content) => {
    const record = parseDocument(content, runRecordSchema).value;
    if (record === undefined || isOpen(record.status)) return;
    const [run, ...stages] = runSpans(record);
    tracing.addRun(record.executionId, run!, stages);
  };

/** The run's span, and one for each of its stages, from when it was first due until it was done. */
export function runSpans(record: RunRecord): PastSpan[] {
  const { workflowId, status, startedAt, finishedAt, why, timeline, configuration } = record;
  const end = Date.parse(finishedAt ?? new Date().toISOString());
  const run: PastSpan = {
    name: 'run',
    start: Date.parse(startedAt),
    end,
    attributes: {
      'atelier.workflow': workflowId,
      'atelier.status': status,
      'atelier.dataset': configuration.dataset.name,
      ...(record.startedBy && { 'atelier.started_by': record.startedBy.kind }),
    },
    ...(why && { failure: `${why.stage}: ${why.message.split('\n', 1)[0]}` }),
  };
  const stages = timeline.map(({ stage, startedAt: due, finishedAt: done, attempts, failures }) => {
    const hit = record.stages[stage]?.cache.hit;
    return {
      name: `stage ${stage}`,
      start: Date.parse(due),
      end: done === undefined ? end : Date.parse(done),
      attributes: {
        'atelier.attempts': attempts,
        ...(hit !== undefined && { 'atelier.cache.hit': hit }),
      },
      ...(done === undefined && { failure: failures.at(-1)?.kind ?? 'not finished' }),
    };
  });
  return [run, ...stages];
}
