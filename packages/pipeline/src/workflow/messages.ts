import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { StageSettings } from '../configuration/stage-settings.ts';
import type { Progress, ProgressReport } from '../progress.ts';
import type { RunResult } from '../stages/index.ts';

/** From a running stage to its workflow. */
export const reportProgress = defineSignal<[ProgressReport]>('reportProgress');

/** Where a run stands; epochs up to `afterEpoch` are left out. */
export const progressQuery = defineQuery<Progress, [afterEpoch?: number]>('progress');

/** Undefined until the run is finished. */
export const resultQuery = defineQuery<RunResult | undefined>('result');

/** What a parked stage may be retried with. Mirrors are tried before the dataset's others. */
export interface RetrySettings extends Partial<StageSettings> {
  /** Only this stage; refused where another one is parked. */
  stage?: string;
}

// The Temporal UI may send either without an argument.
export const retryUpdate = defineUpdate<string, [settings: RetrySettings | undefined]>('retry');
export const abortUpdate = defineUpdate<string, [reason: string | undefined]>('abort');
