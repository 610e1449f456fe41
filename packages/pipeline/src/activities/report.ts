import type { BlobRef } from '@atelier/artifacts';
import { decodeSplit } from '@atelier/data';
import { imageSize } from '@atelier/data/image-shape';
import { preparedDatasetSchema } from '@atelier/data/prepared-dataset';
import { decodePredictions, readEvaluation, selectionSchema } from '@atelier/evaluate';
import { buildReport, type ReportInputs, renderModelCard, renderReport } from '@atelier/report';
import type { Outcomes, ReportInput } from '../contract.ts';
import { runFilesOf } from '../run-files.ts';
import type { Store } from '../store.ts';
import { readTimedHistory } from './history.ts';
import { referenceFor } from './reference.ts';
import type { StageContext } from './stage-activity.ts';
import { throughCache } from './stage-cache.ts';

const version = 4;

/** Files that lie in the run's own folder, where people look for them. */
const published = ['report.html', 'report.json', 'model-card.md', 'model/model.safetensors'];

/**
 * Writes the report, which tells of the work and not of the run that asks for it, and lays out the
 * run's folder.
 */
export function reportStage(store: Store) {
  return async (input: ReportInput, context: StageContext): Promise<Outcomes['report']> => {
    const { tell } = context;
    const { run, fresh = false, outcomes, seed, network, recipe } = input;
    const { data, train, select, evaluate } = outcomes;
    const reference = referenceFor(input.dataset);
    const outcome = await throughCache(store, {
      stage: 'report',
      version,
      inputs: {
        training: train.fingerprint,
        data: data.outputs,
        train: train.outputs,
        select: select.outputs,
        evaluate: evaluate.outputs,
        network,
        recipe,
        seed,
        reference: reference ?? null,
      },
      run,
      fresh,
      context,
      shows: 'wall times and where each epoch was trained',
      async work() {
        tell({ doing: 'drawing the figures' });
        const report = buildReport({ ...(await readInputs(store, input)), reference });
        const test = decodeSplit(await store.getBlob(data.outputs.test!), 'the test split');
        const html = Buffer.from(await renderReport(report, test));
        const card = Buffer.from(renderModelCard(report));
        const json = Buffer.from(`${JSON.stringify(report)}\n`);
        return {
          outputs: {
            html: await store.putBlob(html, 'text/html; charset=utf-8'),
            json: await store.putBlob(json, 'application/json'),
            modelCard: await store.putBlob(card, 'text/markdown; charset=utf-8'),
          },
          summary: {},
        };
      },
    });
    tell({ doing: 'publishing the report' });
    const files = runFilesOf({ ...outcomes, report: outcome });
    for (const name of published)
      await store.putRunFile(run.runId, name, await store.getBlob(files[name]!));
    return outcome;
  };
}

async function readInputs(
  store: Store,
  { network, recipe, seed, outcomes }: ReportInput,
): Promise<Omit<ReportInputs, 'reference'>> {
  const { data, train, select, evaluate } = outcomes;
  const json = async (ref: BlobRef): Promise<unknown> =>
    JSON.parse((await store.getBlob(ref)).toString());
  const dataset = preparedDatasetSchema.parse(await json(data.outputs.manifest!));
  const predictions = await store.getBlob(evaluate.outputs.predictions!);
  const timings = Object.fromEntries(
    Object.entries(outcomes).map(([name, { seconds }]) => [name, seconds]),
  );
  return {
    training: { fingerprint: train.fingerprint, finishedAt: train.finishedAt },
    ...(await readTimedHistory(store, train)),
    dataset,
    network: {
      inputs: imageSize(dataset),
      classes: dataset.classes.length,
      ...network,
    },
    recipe,
    seed,
    selection: selectionSchema.parse(await json(select.outputs.selection!)),
    evaluation: readEvaluation(await json(evaluate.outputs.evaluation!)),
    predictions: decodePredictions(predictions, 'the predictions'),
    timings,
  };
}
