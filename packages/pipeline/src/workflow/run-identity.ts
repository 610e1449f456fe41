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

/**
 * Which run had this one train a seed for it, or which schedule started it; else the person, whom
 * the command notes in the memo.
 */
export function startedBy(): StartedBy {
  const { searchAttributes, memo, parent } = workflowInfo();
  if (parent !== undefined) return { kind: 'run', name: runIdOf(parent.workflowId) };
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
  return hash32(secondsOf(scheduledFor)) >>> 1;
}

/**
 * The seeds of a scheduled run that trains several: the same for the same scheduled time. Of two
 * nights that are as many seconds apart as they have seeds, or more, none is in both.
 * @returns integers in [0, 2^31)
 */
export const nightlySeeds = (count: number, scheduledFor = scheduledTime()): number[] =>
  Array.from({ length: count }, (_, i) => shuffled((secondsOf(scheduledFor) + i) % seedCount));

/** A seed that is set, and those that follow it. */
export const seedsFrom = (seed: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (seed + i) % seedCount);

const seedCount = 2 ** 31;

const secondsOf = (time: Date): number => Math.floor(time.getTime() / 1000);

/**
 * A permutation of all seeds: hashed once, or again until it is a seed. The hash is a permutation of
 * all 32-bit words, so that two that differ never meet (cycle walking, Black & Rogaway, 2002).
 */
function shuffled(seed: number): number {
  let hash = hash32(seed);
  while (hash >= seedCount) hash = hash32(hash);
  return hash;
}
