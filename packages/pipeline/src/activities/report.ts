import type { BlobRef, Json, Store } from '@atelier/artifacts';
import { decodeSplit } from '@atelier/data';
import { preparedDatasetSchema } from '@atelier/data/descriptor';
import { decodePredictions, evaluationSchema, selectionSchema } from '@atelier/evaluate';
import { buildReport, type ReportInputs, renderModelCard, renderReport } from '@atelier/report';
import type { Outcomes, ReportInput } from '../contract.ts';
import { runFilesOf } from '../run-files.ts';
import { readTimedHistory } from './history.ts';
import { referenceFor } from './reference.ts';
import type { StageContext } from './stage-activity.ts';
import { throughCache } from './stage-cache.ts';

const version = 1;

/** Files that lie in the run's own folder, where people look for them. */
const published = ['report.html', 'report.json', 'model-card.md', 'model/model.safetensors'];

/** Writes the report of this very run, and lays out the run's folder. */
export function reportStage(store: Store) {
  return async (input: ReportInput, { tell }: StageContext): Promise<Outcomes['report']> => {
    const { run, outcomes, seed } = input;
    const outputs = Object.values(outcomes).map((outcome) => outcome.outputs);
    const outcome = await throughCache(store, {
      stage: 'report',
      version,
      inputs: { run: run.runId, seed, outputs: outputs as unknown as Json },
      run,
      async work() {
        tell({ doing: 'drawing the figures' });
        const inputs = await readInputs(store, input);
        const report = buildReport(inputs);
        const test = decodeSplit(
          await store.getBlob(outcomes.data.outputs.test!),
          'the test split',
        );
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
  { run, config, seed, outcomes }: ReportInput,
): Promise<ReportInputs> {
  const { data, train, select, evaluate } = outcomes;
  const json = async (ref: BlobRef): Promise<unknown> =>
    JSON.parse((await store.getBlob(ref)).toString());
  const dataset = preparedDatasetSchema.parse(await json(data.outputs.manifest!));
  const predictions = await store.getBlob(evaluate.outputs.predictions!);
  const { history, environment } = await readTimedHistory(store, train);
  const timings = Object.fromEntries(
    Object.entries(outcomes).map(([name, { seconds }]) => [name, seconds]),
  );
  return {
    run: {
      runId: run.runId,
      workflowId: run.workflowId,
      startedAt: run.startedAt,
      finishedAt: new Date().toISOString(),
    },
    dataset,
    network: {
      inputs: dataset.height * dataset.width,
      classes: dataset.classes.length,
      ...config.network,
    },
    recipe: config.recipe,
    seed,
    history,
    selection: selectionSchema.parse(await json(select.outputs.selection!)),
    evaluation: evaluationSchema.parse(await json(evaluate.outputs.evaluation!)),
    predictions: decodePredictions(predictions, 'the predictions'),
    environment: environment as ReportInputs['environment'],
    timings,
    reference: referenceFor(dataset.name),
  };
}
