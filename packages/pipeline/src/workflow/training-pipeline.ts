import type { RunConfig, RunResult } from '../contract.ts';
import { beginRun } from './run.ts';
import * as stages from './stage-activities.ts';

/** From raw images to a report: every stage's work is done once, whatever fails in between. */
export async function trainingPipeline(config: RunConfig): Promise<RunResult> {
  const run = beginRun(config);
  const { identity, seed } = run;
  const { dataset, splitSeed, network, recipe } = config;
  const threads = config.threads === undefined ? {} : { threads: config.threads };

  return run.steer(async (stage) => {
    const data = await stage('data', () =>
      stages.data.prepareData({ run: identity, dataset, mirrors: run.mirrors(), splitSeed }),
    );
    const train = await stage('train', () =>
      stages.train.train({ run: identity, data, network, recipe, seed, ...threads }),
    );
    const select = await stage('select', () =>
      stages.select.select({ run: identity, data, train }),
    );
    const evaluate = await stage('evaluate', () =>
      stages.evaluate.evaluate({ run: identity, data, select, ...threads }),
    );
    const outcomes = { data, train, select, evaluate };
    const report = await stage('report', () =>
      stages.report.report({ run: identity, config, seed, outcomes }),
    );
    return { ...outcomes, report };
  });
}
