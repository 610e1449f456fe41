import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { type StageSettings, settingsOfStage } from '../configuration/stage-settings.ts';
import { failureTypes } from '../names.ts';
import type { Attention } from '../progress.ts';
import { aborted } from './failures.ts';
import { abortUpdate, retryUpdate } from './messages.ts';
import type { Night } from './night.ts';
import { checkRetry, type RetrySettings, retryDescription } from './retry-settings.ts';
import type { RunState } from './run-state.ts';

export interface Parking {
  /**
   * Waits, at no cost and through restarts of everything, until a person says `retry`.
   * @throws ApplicationFailure where the person aborts the run, or a night's time is over
   */
  wait(attention: Attention): Promise<void>;
  /**
   * Waits the same way where nothing failed and a retry has no meaning.
   * @param until waits for what ends it, or until a person has aborted the run
   * @throws ApplicationFailure where a person has
   */
  standBy(attention: Attention, until: (aborted: () => boolean) => Promise<void>): Promise<void>;
  /** A stage's, as configured, or as changed by a retry. */
  settings(stage: string): Partial<StageSettings>;
}

const longestReason = 1_000;

/** @throws Error that says why it cannot be the reason of an abort */
function checkReason(reason: unknown): void {
  if (reason === undefined || reason === null) return;
  if (typeof reason === 'string' && reason.length <= longestReason) return;
  throw new Error(`reason: expected a text of at most ${longestReason} characters.`);
}

/**
 * Park, don't die: a failure that waiting cannot mend waits for a person.
 * @param night where a schedule started the run, which then may not wait for ever
 */
export function createParking(state: RunState, night: Night | undefined): Parking {
  let parked: Attention | undefined;
  let abortReason: string | undefined;
  let changed: Partial<StageSettings> = {};

  const refuseUnlessParked = (): Attention => {
    if (parked !== undefined) return parked;
    throw ApplicationFailure.nonRetryable('The run is not parked: there is nothing to decide.');
  };

  const refuseUnlessFailed = (): Attention => {
    const attention = refuseUnlessParked();
    if (attention.kind !== failureTypes.approval) return attention;
    throw ApplicationFailure.nonRetryable(
      'Nothing failed that could be tried again: the run waits for `approve` or `reject`.',
    );
  };

  setHandler(
    retryUpdate,
    (settings?: RetrySettings) => {
      const { stage } = refuseUnlessFailed();
      const { stage: _, dataset, ...rest } = settings ?? {};
      if (dataset !== undefined) state.replaceDataset(dataset);
      changed = { ...changed, ...rest };
      parked = undefined;
      return `Stage ${stage} is tried again.`;
    },
    {
      description: retryDescription,
      validator: (settings?: RetrySettings) => {
        const { stage } = refuseUnlessFailed();
        checkRetry(settings ?? {}, stage, state.isDone, state.wasDone);
      },
    },
  );

  setHandler(
    abortUpdate,
    (reason?: string) => {
      const { stage } = refuseUnlessParked();
      abortReason = `Aborted at stage ${stage}: ${reason ?? 'no reason given'}`;
      return abortReason;
    },
    {
      description: 'End the parked run. What it committed stays. Optional: a reason',
      validator: (reason?: string) => {
        refuseUnlessParked();
        checkReason(reason);
      },
    },
  );

  async function standBy(
    attention: Attention,
    until: (aborted: () => boolean) => Promise<void>,
  ): Promise<void> {
    parked = attention;
    state.park(attention);
    await until(() => abortReason !== undefined);
    parked = undefined;
    if (abortReason !== undefined) throw aborted(abortReason);
    state.unpark();
  }

  return {
    settings: (stage) => settingsOfStage(stage, state.config, changed),
    standBy,
    wait: (attention) =>
      standBy(attention, async (isAborted) => {
        const decided = (): boolean => parked === undefined || isAborted();
        if (night === undefined) await condition(decided);
        else await night.waitParked(attention, decided);
      }),
  };
}
