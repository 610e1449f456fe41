import type { RunConfig } from '../run-configuration.ts';
import type { RunResult } from '../stages/index.ts';
import { beginRun } from './begin-run.ts';

/** From raw images to a report: every stage's work is done once, whatever fails in between. */
export async function trainingPipeline(given: RunConfig): Promise<RunResult> {
  const { config, seed, source, steer, thinOut } = beginRun(given);
  const { network, recipe, adopt, reference } = config;

  return steer(async (stage) => {
    const data = await stage('data', source.inputs);
    await source.accept(data);
    const train = await stage('train', () => ({ data, network, recipe, seed, adopt }));
    const select = await stage('select', () => ({ data, train }));
    await thinOut({ train, select, adopt });
    const evaluate = await stage('evaluate', () => ({ data, select }));
    const outcomes = { data, train, select, evaluate };
    await stage('report', () => ({
      dataset: config.dataset.name,
      network,
      recipe,
      seed,
      reference,
      outcomes,
    }));
  });
}
