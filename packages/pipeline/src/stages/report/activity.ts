import type { BlobRef } from '@atelier/artifacts';
import { decodeSplit, findDuplicates, type Split } from '@atelier/data';
import { imageSize } from '@atelier/data/image-shape';
import { preparedDatasetSchema } from '@atelier/data/prepared-dataset';
import { decodePredictions, readEvaluation, selectionSchema } from '@atelier/evaluate';
import { buildReport, type ReportInputs, renderModelCard, renderReport } from '@atelier/report';
import type { EpochData } from '../../run-configuration.ts';
import { readJson, type Store } from '../../run-store.ts';
import type { StageWorker } from '../../stage-activity/stage-activity.ts';
import { throughCache } from '../../stage-cache/stage-cache.ts';
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
        const test = decodeSplit(
          await store.getBlob(input.outcomes.data.outputs.test),
          'the test split',
        );
        const report = buildReport({ ...(await readInputs(store, input, test)), reference });
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

/** How many of a run's test images the adopted epochs had learned from, or were validated on. */
async function adoptedData(
  store: Store,
  { first, last, ...splits }: EpochData,
  ownTrain: BlobRef,
  test: Split,
): Promise<ReportInputs['adoptedData'][number]> {
  const manifest = await readJson(store, splits.manifest);
  const { title, splitSeed } = preparedDatasetSchema.parse(manifest);
  const split = async (ref: BlobRef) => decodeSplit(await store.getBlob(ref), `blob ${ref.sha256}`);
  const validation = await split(splits.validation);
  // What is in this training's own training split as well, the manifest's contract counts.
  const isOwn = splits.train.sha256 === ownTrain.sha256;
  const train = isOwn ? [] : [await split(splits.train)];
  const { across } = findDuplicates([...train, validation, test]);
  return {
    first,
    last,
    title,
    splitSeed,
    testInTraining: across.trainTest,
    testInValidation: across.validationTest,
  };
}

async function readInputs(
  store: Store,
  { network, recipe, seed, outcomes }: InputOf<typeof plan>,
  test: Split,
): Promise<Omit<ReportInputs, 'reference'>> {
  const { data, train, select, evaluate } = outcomes;
  const dataset = preparedDatasetSchema.parse(await readJson(store, data.outputs.manifest));
  const predictions = await store.getBlob(evaluate.outputs.predictions);
  const timings = Object.fromEntries(
    Object.entries(outcomes).map(([name, { seconds }]) => [name, seconds]),
  );
  const { history, origins, otherData = [] } = await readTimedHistory(store, train);
  return {
    training: { fingerprint: train.fingerprint, finishedAt: train.finishedAt },
    history,
    origins,
    adoptedData: await Promise.all(
      otherData.map((epochs) => adoptedData(store, epochs, data.outputs.train, test)),
    ),
    dataset,
    network: {
      inputs: imageSize(dataset),
      classes: dataset.classes.length,
      ...network,
    },
    recipe,
    seed,
    selection: selectionSchema.parse(await readJson(store, select.outputs.selection)),
    evaluation: readEvaluation(await readJson(store, evaluate.outputs.evaluation)),
    predictions: decodePredictions(predictions, 'the predictions'),
    timings,
  };
}
