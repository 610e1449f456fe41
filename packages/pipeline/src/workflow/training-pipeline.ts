import type { RunConfig, RunResult } from '../contract.ts';
import { beginRun } from './run.ts';
import { stageActivities } from './stage-activities.ts';

/** From raw images to a report: every stage's work is done once, whatever fails in between. */
export async function trainingPipeline(config: RunConfig): Promise<RunResult> {
  const { seed, inOrder, steer } = beginRun(config);
  const stages = stageActivities(inOrder);
  const { dataset, splitSeed, network, recipe, adopt } = config;

  return steer(async (stage) => {
    const data = await stage('data', (input) =>
      stages.data.prepareData({ ...input, dataset, splitSeed }),
    );
    const train = await stage('train', (input) =>
      stages.train.train({ ...input, data, network, recipe, seed, adopt }),
    );
    const select = await stage('select', (input) =>
      stages.select.select({ ...input, data, train }),
    );
    const evaluate = await stage('evaluate', (input) =>
      stages.evaluate.evaluate({ ...input, data, select }),
    );
    const outcomes = { data, train, select, evaluate };
    const report = await stage('report', (input) =>
      stages.report.report({ ...input, dataset: dataset.name, network, recipe, seed, outcomes }),
    );
    return { ...outcomes, report };
  });
}
