import type { BlobRef } from '@atelier/artifacts';
import { findDuplicatesInParts } from '@atelier/data';
import { imageAt, imageSize } from '@atelier/data/image-shape';
import { decodePredictions, selectionSchema, storedEvaluationSchema } from '@atelier/evaluate';
import { decodeModel } from '@atelier/model';
import type { Images, ReportInputs, TriedNetwork } from '@atelier/report';
import { fitOf } from '../../picture-fit.ts';
import { decoded, readJson, WrongArtifact } from '../../recorded-artifacts.ts';
import type { EpochData } from '../../run-configuration.ts';
import type { Store } from '../../run-store.ts';
import { readManifest } from '../data/check-record.ts';
import { openSplit, type StoredSplit } from '../data/stored-splits.ts';
import type { InputOf } from '../plan.ts';
import type { TimedHistory } from '../train/history.ts';
import { wholeNetwork } from '../train/plan.ts';
import { comparedWith, type reportPlan } from './plan.ts';

/** How many of a run's test images the adopted epochs had learned from, or were validated on. */
async function adoptedData(
  store: Store,
  { first, last, ...splits }: EpochData,
  ownTrain: BlobRef,
  test: StoredSplit,
): Promise<ReportInputs['adoptedData'][number]> {
  const { title, splitSeed } = await readManifest(store, splits.manifest);
  const split = (ref: BlobRef) => openSplit(store, ref, `a split of ${title}`);
  const validation = await split(splits.validation);
  // What is in this training's own training split as well, the manifest's contract counts.
  const isOwn = splits.train.sha256 === ownTrain.sha256;
  const train = isOwn ? [] : [await split(splits.train)];
  const { across } = await findDuplicatesInParts([...train, validation, test]);
  return {
    first,
    last,
    title,
    splitSeed,
    testInTraining: across.trainTest,
    testInValidation: across.validationTest,
  };
}

/**
 * What a report is made of.
 * @param times the training's epochs, with what the inputs do not decide
 * @param test the test split, opened where it is needed
 * @throws WrongArtifact, DamagedBlob
 */
export async function readInputs(
  store: Store,
  {
    network,
    recipe,
    seed,
    seeds,
    dataChange,
    dataset: name,
    reference,
    outcomes,
  }: InputOf<typeof reportPlan>,
  { history, origins, otherData = [] }: TimedHistory,
  test: () => Promise<StoredSplit>,
): Promise<Omit<ReportInputs, 'timings'>> {
  const { data, train, select, evaluate } = outcomes;
  const dataset = await readManifest(store, data.outputs.manifest);
  const { selection } = select.outputs;
  const { evaluation } = evaluate.outputs;
  const predictions = await store.getBlob(evaluate.outputs.predictions);
  return {
    training: { fingerprint: train.fingerprint, finishedAt: train.finishedAt },
    history,
    origins,
    adoptedData: await Promise.all(
      otherData.map(async (epochs) => adoptedData(store, epochs, data.outputs.train, await test())),
    ),
    initialised: train.summary.initialised,
    dataset,
    network: wholeNetwork(network, dataset),
    recipe,
    seed,
    seeds,
    dataChange,
    selection: await readJson(store, selection, selectionSchema, 'the selection'),
    evaluation: await readJson(store, evaluation, storedEvaluationSchema, 'the evaluation'),
    predictions: decoded('the predictions', () => decodePredictions(predictions, 'predictions')),
    reference: comparedWith({ dataset: name, reference }) ?? undefined,
  };
}

/**
 * The network that the page runs, with the training that it comes from.
 * @throws WrongArtifact, DamagedBlob
 */
export async function readNetwork(
  store: Store,
  { outcomes: { train, select } }: InputOf<typeof reportPlan>,
  dataset: ReportInputs['dataset'],
): Promise<TriedNetwork> {
  const { model } = select.outputs;
  const bytes = await store.getBlob(model);
  return {
    model: decoded('the model', () => decodeModel(bytes, 'the model')),
    // A report tells of the work and not of the run that asks for it.
    origin: { run: `training ${train.fingerprint}`, sha256: model.sha256 },
    fit: await fitOf(store, dataset),
  };
}

/**
 * The pictures that the data contract names as alike, both of each pair, one pair after the other.
 * @param test the test split, which is open anyway
 * @returns none where nothing is alike
 * @throws WrongArtifact, DamagedBlob
 */
export async function readAlike(
  store: Store,
  outputs: InputOf<typeof reportPlan>['outcomes']['data']['outputs'],
  { contract }: ReportInputs['dataset'],
  test: StoredSplit,
): Promise<Images | undefined> {
  const named = contract.pictures?.nearDuplicates.examples.flat() ?? [];
  if (named.length === 0) return undefined;
  const { shape } = test;
  const images = new Uint8Array(named.length * imageSize(shape));
  for (const name of new Set(named.map(({ split }) => split))) {
    const what = `the ${name} split`;
    const ref = outputs[name];
    if (ref === undefined) throw new WrongArtifact(what, 'there is none');
    const split = name === 'test' ? test : await openSplit(store, ref, what);
    const places = [...named.keys()].filter((place) => named[place]!.split === name);
    const positions = places.map((place) => split.indices.indexOf(named[place]!.index));
    if (positions.includes(-1))
      throw new WrongArtifact(what, 'a picture of the contract is missing');
    const found = await split.read(Int32Array.from(positions));
    for (const [i, place] of places.entries())
      images.set(imageAt(found, shape, i), place * imageSize(shape));
  }
  return { shape, at: (place) => imageAt(images, shape, place) };
}
