import { hash32 } from '@atelier/random';
import { workflowInfo } from '@temporalio/workflow';
import { runIdOf } from '../names.ts';
import type { StartedBy } from '../record/run-status.ts';
import type { RunIdentity } from '../stages/index.ts';

export function identify(): RunIdentity {
  const { workflowId, firstExecutionRunId, startTime } = workflowInfo();
  return {
    runId: runIdOf(workflowId),
    workflowId,
    executionId: firstExecutionRunId,
    startedAt: startTime.toISOString(),
  };
}

/** Characters of who started a run. */
const longestName = 200;

/** Which schedule started this run; else the person, whom the command notes in the memo. */
export function startedBy(): StartedBy {
  const { searchAttributes, memo } = workflowInfo();
  const [schedule] = searchAttributes.TemporalScheduledById ?? [];
  const [kind, name] =
    schedule === undefined ? ['person', memo?.startedBy] : ['schedule', schedule];
  const isName = typeof name === 'string' && name.length <= longestName;
  return { kind, ...(isName ? { name } : {}) } as StartedBy;
}

/** When a schedule meant this run to start; its actual start where no schedule did it. */
function scheduledTime(): Date {
  const { searchAttributes, startTime } = workflowInfo();
  const [time] = searchAttributes.TemporalScheduledStartTime ?? [];
  return time instanceof Date ? time : startTime;
}

/**
 * A seed for a scheduled run: the same for the same scheduled time, another every night.
 * @param scheduledFor the time that the schedule was to start the run, which a catch-up keeps
 * @returns an integer in [0, 2^31)
 */
export function nightlySeed(scheduledFor = scheduledTime()): number {
  return hash32(Math.floor(scheduledFor.getTime() / 1000)) >>> 1;
}
