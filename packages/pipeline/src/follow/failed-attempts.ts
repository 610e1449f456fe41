import type { RunHandle } from '../commands/find-run.ts';

/**
 * What failed attempts of a run's stages say, each once, while Temporal waits to try again.
 */
export function openFailedAttempts(handle: RunHandle): () => Promise<string[]> {
  const told = new Set<string>();
  return async () => {
    const { raw } = await handle.describe();
    return (raw.pendingActivities ?? []).flatMap((activity) => {
      const { lastFailure, maximumAttempts } = activity;
      const attempt = activity.attempt ?? 1;
      const name = activity.activityType?.name ?? 'a stage';
      const key = `${activity.activityId} ${attempt}`;
      if (!lastFailure?.message || attempt < 2 || told.has(key)) return [];
      told.add(key);
      const of = maximumAttempts ? ` of ${maximumAttempts}` : '';
      return [
        `Attempt ${attempt - 1}${of} at ${name} failed: ${explain(lastFailure.message)}\n  It is tried again.`,
      ];
    });
  };
}

/** Temporal's own words for a worker that was killed are none that a person would use. */
const explain = (message: string): string =>
  /heartbeat timeout/i.test(message) ? 'the worker that ran it stopped answering' : message;
