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
        `Attempt ${attempt - 1}${of} at ${name} failed: ${lastFailure.message}\n  It is tried again.`,
      ];
    });
  };
}
