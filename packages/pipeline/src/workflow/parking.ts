import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { Attention } from '../progress.ts';
import { aborted } from './failures.ts';
import { abortUpdate, type RetrySettings, retryUpdate } from './messages.ts';
import type { RunState } from './run-state.ts';

export interface Parking {
  /** Waits, at no cost and through restarts of everything, until a person says `retry`. */
  wait(attention: Attention): Promise<void>;
  mirrors(): string[];
}

const mirrorForm = /^(https?|file):\/\//;

/** Park, don't die: a failure that waiting cannot mend waits for a person. */
export function createParking(state: RunState): Parking {
  let parked: Attention | undefined;
  let abortReason: string | undefined;
  let mirrors: string[] = [];

  const refuseUnlessParked = (): Attention => {
    if (parked !== undefined) return parked;
    throw ApplicationFailure.nonRetryable('The run is not parked: there is nothing to decide.');
  };

  setHandler(
    retryUpdate,
    (settings?: RetrySettings) => {
      const { stage } = refuseUnlessParked();
      if (settings?.mirrors) mirrors = settings.mirrors;
      parked = undefined;
      return `Stage ${stage} is tried again.`;
    },
    {
      description:
        'Try the parked stage again. Optional: {"stage": "data", "mirrors": ["https://…"]}',
      validator: (settings?: RetrySettings) => {
        const { stage } = refuseUnlessParked();
        if (settings === undefined) return;
        const unknown = Object.keys(settings).find((key) => !['stage', 'mirrors'].includes(key));
        if (unknown) throw new Error(`${unknown}: expected only stage and mirrors.`);
        if (settings.stage !== undefined && settings.stage !== stage)
          throw new Error(`stage: expected ${stage}, which is parked; found ${settings.stage}.`);
        const list: unknown = settings.mirrors ?? [];
        if (!Array.isArray(list) || !list.every((m) => typeof m === 'string' && mirrorForm.test(m)))
          throw new Error('mirrors: expected a list of http://, https:// or file:// addresses.');
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
        if (reason !== undefined && typeof reason !== 'string')
          throw new Error('reason: expected a text.');
      },
    },
  );

  return {
    mirrors: () => [...mirrors, ...state.config.mirrors],
    async wait(attention) {
      parked = attention;
      state.park(attention);
      await condition(() => parked === undefined || abortReason !== undefined);
      if (abortReason !== undefined) throw aborted(abortReason);
      state.unpark();
    },
  };
}
