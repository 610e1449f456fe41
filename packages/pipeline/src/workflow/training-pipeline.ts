import { limitsSchema } from '@atelier/data/compare-datasets';
import { gateSettingsSchema } from '../configuration/gate-settings.ts';
import type { RunConfig } from '../run-configuration.ts';
import type { RunResult } from '../stages/index.ts';
import { beginRun } from './begin-run.ts';

/**
 * From raw images to a report, and to the decision whether the model is put in use: every stage's
 * work is done once, whatever fails in between.
 */
export async function trainingPipeline(given: RunConfig): Promise<RunResult> {
  const { identity, config, source, chooseSeed, askApproval, steer, thinOut, tellFiles } =
    beginRun(given);
  const { network, recipe, adopt, initialise, reference } = config;

  return steer(async (stage) => {
    const data = await stage('data', source.inputs);
    const dataChange = await source.accept(data);
    const { seed, seeds } = await chooseSeed();
    const train = await stage('train', () => ({
      ...{ data, network, recipe, seed, adopt, initialise },
    }));
    const select = await stage('select', () => ({ data, train }));
    await thinOut({ train, select, adopt });
    const evaluate = await stage('evaluate', () => ({ data, select }));
    const outcomes = { data, train, select, evaluate };
    const report = await stage('report', () => ({
      dataset: config.dataset.name,
      network,
      recipe,
      seed,
      seeds,
      dataChange,
      reference,
      outcomes,
    }));
    await stage('promote', async () => {
      await tellFiles();
      // A retry may have replaced the dataset.
      const { name: dataset, contract } = config.dataset;
      const made = { network, recipe, adopt, data, select, report };
      const inputs = {
        ...{ execution: identity.executionId, dataset, ...made },
        gate: gateSettingsSchema.parse(config.gate ?? {}),
        contract: limitsSchema.parse(contract ?? {}),
      };
      const approval = await askApproval(inputs);
      return { ...inputs, ...(approval && { approval }) };
    });
  });
}
