import type { RunHandle } from '../commands/find-run.ts';
import { failureTypes } from '../names.ts';
import { failureWords } from '../record/timeline.ts';
import { stagePlans } from '../stages/index.ts';

type Pending = NonNullable<
  Awaited<ReturnType<RunHandle['describe']>>['raw']['pendingActivities']
>[number];

/** What becomes of the attempts at a run's stages, each once: one failed, or a person paused it. */
export function openAttemptNews(handle: RunHandle): () => Promise<string[]> {
  const told = new Set<string>();
  return async () => {
    const { raw } = await handle.describe();
    return (raw.pendingActivities ?? []).flatMap((activity) => {
      const news = activity.paused ? describePause(activity) : describeFailure(activity);
      // The attempt that a pause ends still raises the count.
      const { activityId, attempt, paused, pauseInfo } = activity;
      const key = paused
        ? `${activityId} ${pauseInfo?.pauseTime?.seconds}`
        : `${activityId}/${attempt}`;
      if (news === undefined || told.has(key)) return [];
      told.add(key);
      return [news];
    });
  };
}

/** By its own name where the activity is a stage's. */
const stageOf = ({ activityType }: Pending): string =>
  stagePlans.find(({ activity }) => activity === activityType?.name)?.name ??
  activityType?.name ??
  'a stage';

function describePause(activity: Pending): string {
  const { identity, reason } = activity.pauseInfo?.manual ?? {};
  const by = identity ? ` by ${identity}` : '';
  const why = reason ? ` (${reason})` : '';
  return `${stageOf(activity)} was paused${by}${why}. It goes on when it is unpaused in the Temporal UI.`;
}

function describeFailure(activity: Pending): string | undefined {
  const { attempt, lastFailure, maximumAttempts } = activity;
  const failed = (attempt ?? 1) - 1;
  // A pause or a reset ends an attempt, too: what a person asked for is no news to them.
  const type = lastFailure?.applicationFailureInfo?.type;
  const asked =
    type === failureTypes.paused ||
    type === failureTypes.reset ||
    // Nor is it that a night waits for another: its progress says so.
    type === failureTypes.nightGoesOn;
  if (!lastFailure?.message || failed < 1 || asked) return undefined;
  const of = maximumAttempts ? ` of ${maximumAttempts}` : '';
  return `Attempt ${failed}${of} at ${stageOf(activity)} failed: ${failureWords(lastFailure.message)}\n  It is tried again.`;
}
