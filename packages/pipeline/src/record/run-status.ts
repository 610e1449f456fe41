import { failureTypes } from '../names.ts';

/**
 * How a run stands, or how it ended; `failed` is an end that no person decided, `skipped` that of a
 * night which had not begun when the next was due.
 */
export const runStatuses = [
  'running',
  'parked',
  'finished',
  'failed',
  'skipped',
  'cancelled',
  'aborted',
  'terminated',
  'timed out',
] as const;

export type RunStatus = (typeof runStatuses)[number];

/** Why a run stands still or did not finish. */
export interface Why {
  /** Where it stood. */
  stage: string;
  /** UserError, WorldError, Aborted, … */
  kind: string;
  /** All that is known, several lines where there are. */
  message: string;
  /** What to do about it. */
  remedy?: string | undefined;
}

/** Who or what started a run. */
export interface StartedBy {
  /** `run`: it trains a seed for another run, which is to put the median one forward. */
  kind: 'person' | 'schedule' | 'run';
  /** The person's name on their machine, the schedule's, or the run's. */
  name?: string | undefined;
}

/** `schedule nightly`, `person ada` */
export const starterText = ({ kind, name }: { kind: string; name?: string | undefined }): string =>
  [kind, name].filter(Boolean).join(' ');

export const isOpen = (status: string): boolean => status === 'running' || status === 'parked';

/** Whether nothing works for a run any more. One whose status is of a later version may go on. */
export const isOver = (status: string): boolean =>
  (runStatuses as readonly string[]).includes(status) && !isOpen(status);

/** How a run counts as ended that is open by its record and that Temporal has forgotten. */
export const forgottenEnd = {
  status: 'failed',
  why: {
    ...{ stage: '-', kind: 'Forgotten' },
    message: 'Temporal no longer knows the run, and its end was not recorded.',
    remedy: 'start it again: what it had finished is not done again',
  },
} satisfies { status: RunStatus; why: Why };

/** To Temporal all of these have failed: the type of the failure tells. */
export const endingOfFailure = (
  type: string | null | undefined,
): 'aborted' | 'skipped' | 'failed' =>
  type === failureTypes.aborted ? 'aborted' : type === failureTypes.skipped ? 'skipped' : 'failed';
