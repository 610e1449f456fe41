import { patched } from '@temporalio/workflow';
import type { StagePlan } from '../stages/index.ts';

/**
 * A cancelled run waits for the end of the stage it is in, and ends as finished where only closing
 * it was left. Histories of runs that did neither replay as they are. Read once, at a run's start:
 * a later question would be answered for the rest of the run alone.
 */
export const cancelsInOrder = (): boolean => patched('cancelled-stages-end-first');

/** Whether a run has a stage: one that began before the stage was brought in does without it. */
export const hasStage = ({ since }: StagePlan): boolean => since === undefined || patched(since);
