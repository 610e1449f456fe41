import type { BlobRef } from '@atelier/artifacts';
import { decodeSplit } from '@atelier/data';
import { imageSize } from '@atelier/data/image-shape';
import { preparedDatasetSchema } from '@atelier/data/prepared-dataset';
import { decodePredictions, readEvaluation, selectionSchema } from '@atelier/evaluate';
import { buildReport, type ReportInputs, renderModelCard, renderReport } from '@atelier/report';
import type { StageWorker } from '../../stage-activity/stage-activity.ts';
import { throughCache } from '../../stage-cache/stage-cache.ts';
import type { Store } from '../../store.ts';
import type { InputOf } from '../plan.ts';
import { readTimedHistory } from '../train/history.ts';
import { reportPlan as plan, references } from './plan.ts';

export const activity: StageWorker<typeof plan> =
  ({ store }) =>
  (input, context) => {
    const reference = references[input.dataset];
    return throughCache(store, {
      plan,
      input,
      context,
      shows: 'wall times and where each epoch was trained',
      async work() {
        context.tell({ doing: 'drawing the figures' });
        const report = buildReport({ ...(await readInputs(store, input)), reference });
        const test = decodeSplit(
          await store.getBlob(input.outcomes.data.outputs.test),
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
  };

async function readInputs(
  store: Store,
  { network, recipe, seed, outcomes }: InputOf<typeof plan>,
): Promise<Omit<ReportInputs, 'reference'>> {
  const { data, train, select, evaluate } = outcomes;
  const json = async (ref: BlobRef): Promise<unknown> =>
    JSON.parse((await store.getBlob(ref)).toString());
  const dataset = preparedDatasetSchema.parse(await json(data.outputs.manifest));
  const predictions = await store.getBlob(evaluate.outputs.predictions);
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
    selection: selectionSchema.parse(await json(select.outputs.selection)),
    evaluation: readEvaluation(await json(evaluate.outputs.evaluation)),
    predictions: decodePredictions(predictions, 'the predictions'),
    timings,
  };
}
