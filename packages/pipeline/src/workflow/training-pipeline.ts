import type { RunConfig, RunResult } from '../contract.ts';
import { beginRun } from './run.ts';
import * as stages from './stage-activities.ts';

/** From raw images to a report: every stage's work is done once, whatever fails in between. */
export async function trainingPipeline(config: RunConfig): Promise<RunResult> {
  const run = beginRun(config);
  const { seed } = run;
  const { splitSeed, network, recipe } = config;
  const threads = config.threads === undefined ? {} : { threads: config.threads };

  return run.steer(async (stage) => {
    const data = await stage('data', (input) =>
      stages.data.prepareData({
        ...input,
        dataset: config.dataset,
        mirrors: run.mirrors(),
        splitSeed,
      }),
    );
    const train = await stage('train', (input) =>
      stages.train.train({ ...input, data, network, recipe, seed, ...threads }),
    );
    const select = await stage('select', (input) =>
      stages.select.select({ ...input, data, train }),
    );
    const evaluate = await stage('evaluate', (input) =>
      stages.evaluate.evaluate({ ...input, data, select, ...threads }),
    );
    const outcomes = { data, train, select, evaluate };
    const dataset = config.dataset.name;
    const report = await stage('report', (input) =>
      stages.report.report({ ...input, dataset, network, recipe, seed, outcomes }),
    );
    return { ...outcomes, report };
  });
}
