import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import { failureTypes } from '../names.ts';
import type { RunConfig } from '../run-configuration.ts';
import type { CloseInput } from '../run-record.ts';
import {
  type MaybeOutcome,
  type Outcomes,
  type RunResult,
  type StageInputs,
  type StageName,
  stageNames,
  stagePlans,
} from '../stages/index.ts';
import { acceptRun } from './accept-run.ts';
import { explain, isFailure } from './failures.ts';
import { createParking } from './parking.ts';
import { identify, nightlySeed } from './run-identity.ts';
import { createRunState } from './run-state.ts';
import { cancelsInOrder, hasStage, records, stageProxies } from './stage-proxies.ts';

/** Has a stage's work done, with its inputs as they are at that moment. */
type RunStage = <Name extends StageName>(
  name: Name,
  inputs: () => StageInputs[Name],
) => Promise<MaybeOutcome<Name>>;

export interface Run {
  config: RunConfig;
  seed: number;
  /** Runs the stages in the order of `sequence`, parking at failures, and closes the run. */
  steer(sequence: (stage: RunStage) => Promise<void>): Promise<RunResult>;
}

// A damaged artifact makes its stage run again; more often than this, a person should look.
const repairs = 3;

/** Everything about a run that is not the order of its stages. */
export function beginRun(given: RunConfig): Run {
  const identity = identify();
  const config = acceptRun(given, identity.runId);
  const seed = config.seed === 'nightly' ? nightlySeed() : config.seed;
  const state = createRunState(identity.runId, config, stagePlans.filter(hasStage));
  const parking = createParking(state);
  const done: Partial<Outcomes> = {};
  const forced = new Set(config.fresh);
  const inOrder = cancelsInOrder();
  const proxies = stageProxies(inOrder);

  /** Does something that must not fail: on failure waits for a person, then does it again. */
  async function insist<T>(name: string, work: () => Promise<T>): Promise<T> {
    for (;;) {
      const before = state.lastEpoch();
      try {
        return await work();
      } catch (error) {
        if (isCancellation(error) || isFailure(error, failureTypes.runExists)) throw error;
        // However a stage ended that was asked to stop, nobody needs to decide about it.
        const scope = CancellationScope.current();
        if (inOrder && scope.consideredCancelled) await scope.cancelRequested;
        const failure = explain(error);
        const damaged = failure.kind === failureTypes.damaged;
        if (damaged && state.repairs < repairs) throw error;
        // Attempts that get somewhere are not exhausted: a preempted machine is no failure. Neither is
        // a worker that was asked to end.
        if (failure.kind !== failureTypes.user && state.lastEpoch() > before) continue;
        if (failure.kind === failureTypes.shutdown) continue;
        log.warn('Parked', { stage: name, ...failure });
        await parking.wait({ stage: name, ...failure });
        if (damaged) throw error;
      }
    }
  }

  const stage: RunStage = async (name, inputs) => {
    const known = done[name];
    if (known !== undefined || !state.has(name)) return known as MaybeOutcome<typeof name>;
    state.enter(name);
    const fresh = forced.has(name) ? { fresh: true } : {};
    const outcome = await insist(name, () =>
      proxies[name]({
        ...{ run: identity, ...fresh, settings: parking.settings(name) },
        ...inputs(),
      }),
    );
    done[name] = outcome;
    // Once: a repair that comes this way again takes what was made afresh.
    forced.delete(name);
    state.leave(name, outcome);
    return outcome;
  };

  /** Starts over where a stage found an earlier one's artifact damaged: whole ones are hits. */
  async function repairing(sequence: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await sequence();
      } catch (error) {
        if (!isFailure(error, failureTypes.damaged)) throw error;
        state.repair(explain(error).message);
        for (const name of stageNames) delete done[name];
      }
    }
  }

  const close = (status: CloseInput['status']): Promise<void> =>
    records.closeRun({ run: identity, config, seed, status, outcomes: done });

  /** A cancellation comes too late here: of two records of one end, one would be untrue. */
  const finish = (): Promise<void> =>
    inOrder ? CancellationScope.nonCancellable(() => close('finished')) : close('finished');

  return {
    config,
    seed,
    async steer(sequence) {
      try {
        await insist('open', () => records.openRun({ run: identity, config, seed }));
        await repairing(() => sequence(stage));
        await insist('close', finish);
        return state.finish(identity, done);
      } catch (error) {
        const status = isCancellation(error) ? 'cancelled' : 'aborted';
        state.end();
        if (isFailure(error, failureTypes.runExists)) throw error;
        // The record is a courtesy here: a run that ends must not hang on a store that is away.
        await CancellationScope.nonCancellable(() => close(status)).catch((failure) =>
          log.warn('The end of the run was not recorded', { failure: explain(failure).message }),
        );
        throw error;
      }
    },
  };
}
