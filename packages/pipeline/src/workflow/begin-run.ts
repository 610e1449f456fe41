import type { SeedSpread } from '@atelier/evaluate/seed-spread';
import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import { failureTypes } from '../names.ts';
import type { Why } from '../record/run-status.ts';
import type { ThinningInput } from '../retention/thinning-activity.ts';
import type { RunConfig } from '../run-configuration.ts';
import type { CloseInput, NoteInput } from '../run-record.ts';
import { listedResults } from '../searchable.ts';
import {
  type MaybeOutcome,
  type Outcomes,
  type RunIdentity,
  type RunResult,
  type StageInputs,
  type StageName,
  stageNames,
  stagePlans,
} from '../stages/index.ts';
import { acceptRun } from './accept-run.ts';
import { type Ask, createApprovals } from './approvals.ts';
import { endingOf, explain, gaveUp, isFailure, whyOf } from './failures.ts';
import { beginNight } from './night.ts';
import { createParking } from './parking.ts';
import { identify, nightlySeed, startedBy } from './run-identity.ts';
import { createRunState } from './run-state.ts';
import { createSeedRuns, trainedApart } from './seed-runs.ts';
import { createSource } from './source.ts';
import {
  cancelsInOrder,
  hasStage,
  keepsRecord,
  notes,
  records,
  stageProxies,
  thinning,
  thinsOut,
} from './stage-proxies.ts';

const resultText = (result: RunResult): string =>
  listedResults.map(({ key }) => `${key} ${result[key] ?? '-'}`).join(', ');

/** Has a stage's work done, with its inputs as they are at that moment. */
type RunStage = <Name extends StageName>(
  name: Name,
  inputs: () => StageInputs[Name] | Promise<StageInputs[Name]>,
) => Promise<MaybeOutcome<Name>>;

export interface Run {
  identity: RunIdentity;
  config: RunConfig;
  source: {
    /** What the data stage works on: followed files as they are at this time. */
    inputs(): StageInputs['data'] | Promise<StageInputs['data']>;
    /** Lets followed files through only where they are like those that were accepted last. */
    accept(data: Outcomes['data']): Promise<string | undefined>;
  };
  /**
   * The seed that the run's stages are about, which is set; or has several trained, each by a run of
   * its own, and gives the median one, whose training is then found done.
   */
  chooseSeed(): Promise<{ seed: number; seeds?: SeedSpread | undefined }>;
  /** Asks a person before the gate puts the model in use, where the configuration says so. */
  askApproval: Ask;
  /** Removes the checkpoints that are not kept; that it could not is a notice, never a failure. */
  thinOut(input: ThinningInput): Promise<void>;
  /** Has the record name the run's files as far as there are: whoever hears of the run finds them. */
  tellFiles(): Promise<void>;
  /** Runs the stages in the order of `sequence`, parking at failures, and closes the run. */
  steer(sequence: (stage: RunStage) => Promise<void>): Promise<RunResult>;
}

// No retry mends them: they end a run at once.
const endings = [failureTypes.runExists, failureTypes.contract, failureTypes.aborted];

// A damaged artifact makes its stage run again; more often than this, a person should look.
const repairs = 3;

/** Everything about a run that is not the order of its stages. */
export function beginRun(given: RunConfig): Run {
  const identity = identify();
  const config = acceptRun(given, identity.runId);
  const state = createRunState(
    identity.runId,
    config,
    stagePlans.filter((plan) => hasStage(plan, config)),
  );
  const seedRuns = createSeedRuns(identity, config, state);
  let seed = seedRuns?.seeds[0] ?? (config.seed === 'nightly' ? nightlySeed() : config.seed);
  const night = beginNight(identity, config);
  const parking = createParking(state, night);
  const source = createSource(identity, config);
  const done: Partial<Outcomes> = {};
  const forced = new Set(
    seedRuns ? config.fresh?.filter((name) => !trainedApart.includes(name)) : config.fresh,
  );
  const inOrder = cancelsInOrder();
  const onRecord = keepsRecord();
  const proxies = stageProxies(inOrder);
  const thins = thinsOut();
  const starter = startedBy();
  const opened = () => ({ run: identity, config, seed, startedBy: starter });
  let revision = 0;

  /** What the record is told, each time with a higher number; also after the run was reset. */
  const standing = () => {
    revision = Math.max(revision + 1, Date.now());
    const { found } = source;
    return {
      ...{ ...opened(), revision, outcomes: { ...done }, notices: state.notices },
      ...(found && { source: found }),
      ...(seedRuns && { seeds: seedRuns.standing }),
    };
  };

  /** Has the record say how the run stands. Nothing waits for it: the store may be what is away. */
  function note(status: NoteInput['status'], why?: Why): void {
    if (!onRecord) return;
    const input = { ...standing(), status, ...(why && { why }) };
    CancellationScope.nonCancellable(() => notes.noteRun(input)).catch((failure) =>
      log.warn('How the run stands was not recorded', { failure: explain(failure).message }),
    );
  }

  const askApproval = createApprovals({
    ...{ run: identity, parking, night },
    note: (attention) =>
      attention === undefined ? note('running') : note('parked', whyOf(attention)),
  });

  /** Does something that must not fail: on failure waits for a person, then does it again. */
  async function insist<T>(name: string, work: () => Promise<T>): Promise<T> {
    for (;;) {
      const before = state.lastEpoch();
      try {
        return await work();
      } catch (error) {
        if (isCancellation(error) || endings.some((type) => isFailure(error, type))) throw error;
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
        // Nobody waits for one seed of several: the run that it is trained for decides.
        if (starter.kind === 'run') throw gaveUp(failure);
        log.warn('Parked', { stage: name, ...failure });
        const attention = { stage: name, ...failure };
        note('parked', whyOf(attention));
        await parking.wait(attention);
        note('running');
        if (damaged) throw error;
      }
    }
  }

  const stage: RunStage = async (name, inputs) => {
    const known = done[name];
    if (known !== undefined || !state.has(name)) return known as MaybeOutcome<typeof name>;
    state.enter(name);
    const fresh = forced.has(name) ? { fresh: true } : {};
    const work = (given: StageInputs[typeof name]) =>
      proxies[name]({
        ...{ run: identity, ...fresh, settings: parking.settings(name) },
        ...given,
      });
    const outcome = await insist(name, () => {
      const given = inputs();
      // At once where it can be: what a workflow does in between would be in another order.
      return given instanceof Promise ? given.then(work) : work(given);
    });
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

  const close = (status: CloseInput['status'], why?: Why): Promise<void> =>
    records.closeRun({ ...standing(), status, ...(why && { why }) });

  /** A cancellation comes too late here: of two records of one end, one would be untrue. */
  const finish = (): Promise<void> =>
    inOrder ? CancellationScope.nonCancellable(() => close('finished')) : close('finished');

  return {
    identity,
    config,
    source: {
      inputs: () => source.inputs(config, parking.settings('data')),
      async accept(data) {
        if (source.found === undefined) return undefined;
        const change = await insist('data', () => source.accept(data));
        // A sequence that begins again is told again.
        if (change !== undefined && !state.notices.includes(change)) state.notice(change);
        return change;
      },
    },
    async chooseSeed() {
      if (seedRuns === undefined) return { seed };
      if (seedRuns.standing.spread === undefined) {
        state.enter('train');
        note('running');
        await insist('train', () => {
          const settings = stageNames.map((name) => parking.settings(name));
          return seedRuns.train(source.fixed(), Object.assign({}, ...settings));
        });
        note('running');
      }
      const { spread: seeds } = seedRuns.standing;
      seed = seeds!.chosen;
      return { seed, seeds };
    },
    askApproval,
    async thinOut(input) {
      if (!thins) return;
      try {
        await thinning.thinOut(input);
      } catch (error) {
        if (isCancellation(error)) throw error;
        state.notice(`The checkpoints were not thinned out: ${explain(error).message}`);
      }
    },
    tellFiles: () => records.noteRun({ ...standing(), status: 'running' }),
    async steer(sequence) {
      try {
        await insist('open', () => records.openRun(opened()));
        const { kind, name = kind } = starter;
        log.info('Run begins', { dataset: config.dataset.name, seed, startedBy: name });
        await night?.awaitTurn(state.waits);
        await repairing(() => sequence(stage));
        await insist('close', finish);
        const result = state.finish(identity, done);
        log.info('Run ends', { status: 'finished', result: resultText(result) });
        return result;
      } catch (error) {
        const { status, why } = endingOf(error, state.stage);
        log.info('Run ends', { status, stage: why.stage, failure: why.message });
        state.end();
        if (isFailure(error, failureTypes.runExists)) throw error;
        // The record is a courtesy here: a run that ends must not hang on a store that is away.
        await CancellationScope.nonCancellable(() => close(status, why)).catch((failure) =>
          log.warn('The end of the run was not recorded', { failure: explain(failure).message }),
        );
        throw error;
      }
    },
  };
}
