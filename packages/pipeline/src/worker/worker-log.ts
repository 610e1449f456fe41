import { bounded, oneLine } from '@atelier/text';
import { DefaultLogger, type LogEntry, type LogLevel } from '@temporalio/worker';

/** Temporal's own metadata that is worth its place on a line. */
const shown = [
  'taskQueue',
  'state',
  'workflowId',
  'activityType',
  'worker',
  'attempt',
  'dataset',
  'seed',
  'startedBy',
  'status',
  'result',
  'stage',
  'error',
  'failure',
  'message',
];

/** Characters of a message or of a detail: both may be what others wrote. */
const longest = 10_000;

/** One readable line per event on standard error, which the stack keeps in worker.log. */
export function workerLogger(level: string): DefaultLogger {
  return new DefaultLogger(level.toUpperCase() as LogLevel, (entry) => {
    process.stderr.write(`${formatEntry(entry)}\n`);
  });
}

export function formatEntry({ level, timestampNanos, message, meta = {} }: LogEntry): string {
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const details = shown.flatMap((key) => {
    const value = (meta as Record<string, unknown>)[key];
    if (value === undefined) return [];
    const text = value instanceof Error ? value.message : String(value);
    return [`${key}=${bounded(text, longest)}`];
  });
  return oneLine([time, level.padEnd(5), bounded(message, longest), ...details].join(' '));
}
