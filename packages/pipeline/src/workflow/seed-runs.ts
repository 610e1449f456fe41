import { type SeedScores, type SeedSpread, spreadOver } from '@atelier/evaluate/seed-spread';
import { bounded, plainMarkdown, printable } from '@atelier/text';
import { type ApplicationFailure, executeChild, log } from '@temporalio/workflow';
import { seedRunName, workflowIdOf, workflowType } from '../names.ts';
import type { Attention } from '../progress.ts';
import type { RunSeeds, SeedRun } from '../record/run-seeds.ts';
import type { RunConfig } from '../run-configuration.ts';
import type { RunIdentity, RunResult } from '../stages/index.ts';
import { percent } from '../terminal/text.ts';
import { explain, gaveUp } from './failures.ts';
import { nightlySeeds, seedsFrom } from './run-identity.ts';
import type { RunState } from './run-state.ts';

/** The runs that train a run's seeds for it, side by side, where it puts the median of several forward. */
export interface SeedRuns {
  readonly seeds: readonly number[];
  /** How it stands with them. */
  readonly standing: RunSeeds;
  /**
   * Has every seed trained that is not yet, and chooses the median one. More than half of them have
   * to finish; it goes on without the rest.
   * @param dataset the same for all of them
   * @param settings how the stages work
   * @throws ApplicationFailure, once all are over, where too few have finished
   */
  train(
    dataset: Pick<RunConfig, 'dataset' | 'stored'>,
    settings: Partial<RunConfig>,
  ): Promise<SeedSpread>;
}

/** Undefined for a run that trains its one seed itself. */
export function createSeedRuns(
  { runId }: RunIdentity,
  config: RunConfig,
  { waits, notice }: Pick<RunState, 'waits' | 'notice'>,
): SeedRuns | undefined {
  if (config.nightly === undefined) return undefined;
  const { seeds: count } = config.nightly;
  const seeds = config.seed === 'nightly' ? nightlySeeds(count) : seedsFrom(config.seed, count);
  const runs = seeds.map(
    (seed): SeedRun => ({ seed, run: seedRunName(runId, seed), state: 'running' }),
  );
  const of = (state: SeedRun['state']): SeedRun[] => runs.filter((run) => run.state === state);
  const scores: SeedScores[] = [];
  let spread: SeedSpread | undefined;
  let tries = 0;

  async function trainSeed(run: SeedRun, own: RunConfig): Promise<Failed | undefined> {
    try {
      const { validationAccuracy, testAccuracy } = await executeChild<
        (given: RunConfig) => Promise<RunResult>
      >(workflowType, {
        workflowId: workflowIdOf(run.run),
        args: [own],
        cancellationType: 'WAIT_CANCELLATION_COMPLETED',
        // Whatever ends this run ends what it had begun, in order.
        parentClosePolicy: 'REQUEST_CANCEL',
        staticSummary: `Train seed ${run.seed} for run ${plainMarkdown(runId)}`,
        memo: { dataset: own.dataset.name, epochs: own.recipe.epochs, seed: run.seed },
      });
      if (validationAccuracy === undefined || testAccuracy === undefined)
        throw new Error('It told no accuracy.');
      scores.push({ seed: run.seed, validationAccuracy, testAccuracy });
      Object.assign(run, { state: 'finished', validationAccuracy, testAccuracy });
      return undefined;
    } catch (error) {
      const failure = explain(error);
      log.warn('A seed did not finish', { seed: run.seed, failure: failure.message });
      Object.assign(run, { state: 'failed', why: bounded(failure.message, longestWhy) });
      return failure;
    } finally {
      tell();
    }
  }

  const tell = (): void => {
    const over = runs.length - of('running').length;
    waits(`training seeds ${seeds.join(', ')}, each in a run of its own: ${over} of them over`);
  };

  return {
    seeds,
    get standing() {
      return { runs: runs.map((run) => ({ ...run })), ...(spread && { spread }) };
    },
    async train(dataset, settings) {
      tries += 1;
      const left = runs.filter(({ state }) => state !== 'finished');
      for (const run of left) {
        // What an earlier try has left has its name; its finished work is not done again.
        run.run = seedRunName(runId, run.seed, tries);
        run.state = 'running';
        delete run.why;
      }
      tell();
      const own = { ...ownConfig(config), ...settings, ...dataset };
      // As many train side by side as a machine has threads for, which is quicker than in turn.
      const { threads = 1 } = settings;
      const failures = await Promise.all(
        left.map((run) => trainSeed(run, { ...own, threads, seed: run.seed })),
      );
      const failed = of('failed');
      if (2 * scores.length <= runs.length)
        throw tooFew(failed, runs.length, failures.find((one) => one !== undefined)!);
      for (const { seed, run, why } of failed)
        notice(`Seed ${seed} counts for nothing, its run ${run} did not finish: ${why}`);
      spread = spreadOver(scores);
      notice(sentenceOf(spread));
      return spread;
    },
  };
}

type Failed = Omit<Attention, 'stage'>;

/** Characters of why a seed did not finish. */
const longestWhy = 1_000;
const longestMessage = 10_000;

/** What the stages of the runs work with: the rest is the run's own, for which they work. */
function ownConfig(config: RunConfig): RunConfig {
  const { promote: _p, gate: _g, nightly: _n, whenParked: _w, fresh = [], ...own } = config;
  return { ...own, fresh: fresh.filter((stage) => trainedApart.includes(stage)) };
}

/** The stages that are done for each seed: the run that puts one forward finds them done. */
export const trainedApart = ['train', 'select', 'evaluate'];

/** Nothing but a retry of the run that they work for goes on from here. */
function tooFew(failed: readonly SeedRun[], all: number, first: Failed): ApplicationFailure {
  const { kind, mendedBy, remedy } = first;
  const lines = failed.map(({ run, why }) => `${run}: ${why}`);
  const message = printable(
    bounded(
      [`${failed.length} of ${all} seeds did not finish, more than half have to:`, ...lines].join(
        '\n',
      ),
      longestMessage,
    ),
  );
  return gaveUp({ kind, message, ...(mendedBy && { mendedBy }), ...(remedy && { remedy }) });
}

/** `Seed 6 is put forward, the median of 5, 6, 7 by validation accuracy: …` */
function sentenceOf({ seeds, chosen, validationAccuracy, testAccuracy }: SeedSpread): string {
  const spread = ({ min, max, sd }: SeedSpread['testAccuracy']): string =>
    `${percent(min)} to ${percent(max)} (standard deviation ${percent(sd)})`;
  return `Seed ${chosen} is put forward, the median of ${seeds.map(({ seed }) => seed).join(', ')} by validation accuracy: validation ${spread(validationAccuracy)}, test ${spread(testAccuracy)}.`;
}
