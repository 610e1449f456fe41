import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Progress, ProgressReport } from '../progress.ts';
import type { Answer } from '../registry/approval.ts';
import type { RunResult } from '../stages/index.ts';
import type { RetrySettings } from './retry-settings.ts';

/** From a running stage to its workflow. */
export const reportProgress = defineSignal<[ProgressReport]>('reportProgress');

/** To the nights of a schedule that are not over: the run that is due now. */
export const nextNight = defineSignal<[runId: string]>('nextNight');

/** Where a run stands; epochs up to `afterEpoch` are left out. */
export const progressQuery = defineQuery<Progress, [afterEpoch?: number]>('progress');

/** Undefined until the run is finished. */
export const resultQuery = defineQuery<RunResult | undefined>('result');

// The Temporal UI may send either without an argument.
export const retryUpdate = defineUpdate<string, [settings: RetrySettings | undefined]>('retry');
export const abortUpdate = defineUpdate<string, [reason: string | undefined]>('abort');
/** To a run whose gate waits for a person. */
export const approveUpdate = defineUpdate<string, [answer: Answer]>('approve');
export const rejectUpdate = defineUpdate<string, [answer: Answer]>('reject');
