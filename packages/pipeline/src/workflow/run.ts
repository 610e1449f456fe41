import { CancellationScope, isCancellation, log, workflowInfo } from '@temporalio/workflow';
import type {
  CloseInput,
  Outcomes,
  RunConfig,
  RunIdentity,
  RunResult,
  StageInput,
  StageName,
} from '../contract.ts';
import { failureTypes } from '../failure-types.ts';
import { runIdOf } from '../names.ts';
import { explain, isFailure } from './failures.ts';
import { nightlySeed } from './nightly-seed.ts';
import { createParking } from './parking.ts';
import { createRunState } from './run-state.ts';
import { records } from './stage-activities.ts';
import { cancelsInOrder } from './version-gates.ts';

type RunStage = <S extends StageName>(
  name: S,
  work: (input: StageInput) => Promise<Outcomes[S]>,
) => Promise<Outcomes[S]>;

export interface Run {
  seed: number;
  /** See `cancelsInOrder`. */
  inOrder: boolean;
  /** Runs the stages in the order of `sequence`, parking at failures, and closes the run. */
  steer(sequence: (stage: RunStage) => Promise<Outcomes>): Promise<RunResult>;
}

// A damaged artifact makes its stage run again; more often than this, a person should look.
const repairs = 3;

/** Everything about a run that is not the order of its stages. */
export function beginRun(config: RunConfig): Run {
  const identity = identify();
  const seed = config.seed === 'nightly' ? nightlySeed(scheduledTime()) : config.seed;
  const state = createRunState(identity.runId, config);
  const parking = createParking(state);
  const done = new Map<StageName, Outcomes[StageName]>();
  const forced = new Set(config.fresh);
  const inOrder = cancelsInOrder();

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
        // Attempts that get somewhere are not exhausted: a preempted machine is no failure. Nor is
        // a worker that was asked to end.
        if (failure.kind !== failureTypes.user && state.lastEpoch() > before) continue;
        if (failure.kind === failureTypes.shutdown) continue;
        log.warn('Parked', { stage: name, ...failure });
        await parking.wait({ stage: name, ...failure });
        if (damaged) throw error;
      }
    }
  }

  const stage: RunStage = async (name, work) => {
    const known = done.get(name);
    if (known !== undefined) return known as Outcomes[typeof name];
    state.enter(name);
    const fresh = forced.has(name) ? { fresh: true } : {};
    const outcome = await insist(name, () =>
      work({ run: identity, ...fresh, settings: parking.settings(name) }),
    );
    done.set(name, outcome);
    // Once: a repair that comes this way again takes what was made afresh.
    forced.delete(name);
    state.leave(name, outcome);
    return outcome;
  };

  /** Starts over where a stage found an earlier one's artifact damaged: whole ones are hits. */
  async function repairing(sequence: () => Promise<Outcomes>): Promise<Outcomes> {
    for (;;) {
      try {
        return await sequence();
      } catch (error) {
        if (!isFailure(error, failureTypes.damaged)) throw error;
        state.repair(explain(error).message);
        done.clear();
      }
    }
  }

  const close = (status: CloseInput['status']): Promise<void> =>
    records.closeRun({ run: identity, config, seed, status, outcomes: Object.fromEntries(done) });

  /** A cancellation comes too late here: of two records of one end, one would be untrue. */
  const finish = (): Promise<void> =>
    inOrder ? CancellationScope.nonCancellable(() => close('finished')) : close('finished');

  return {
    seed,
    inOrder,
    async steer(sequence) {
      try {
        await insist('open', () => records.openRun({ run: identity, config, seed }));
        const outcomes = await repairing(() => sequence(stage));
        await insist('close', finish);
        return state.finish(identity, outcomes);
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

function identify(): RunIdentity {
  const { workflowId, firstExecutionRunId, startTime } = workflowInfo();
  return {
    runId: runIdOf(workflowId),
    workflowId,
    executionId: firstExecutionRunId,
    startedAt: startTime.toISOString(),
  };
}

/** When a schedule meant this run to start; its actual start where no schedule did it. */
function scheduledTime(): Date {
  const { searchAttributes, startTime } = workflowInfo();
  const [time] = searchAttributes.TemporalScheduledStartTime ?? [];
  return time instanceof Date ? time : startTime;
}
