import type { BlobRef } from '@atelier/artifacts';
import { splitHeader } from '@atelier/data';
import {
  decodePredictions,
  evaluatePredictions,
  evaluationSchema,
  type Predictions,
  testResult,
} from '@atelier/evaluate';
import {
  claim,
  decoded,
  readHeader,
  readJson,
  readPart,
  WrongArtifact,
} from '../../recorded-artifacts.ts';
import type { Store } from '../../run-store.ts';
import type { InputOf, OutcomeOf } from '../plan.ts';
import type { evaluatePlan } from './plan.ts';

/** Bytes of predictions' header, which has a fourth. */
const headerBytes = 1024;

/**
 * Holds a record against what it names and what it was made of: the predictions are of this test
 * split, the evaluation is of these predictions, and the summary is the evaluation's.
 * @throws WrongArtifact, DamagedBlob
 */
export async function checkEvaluation(
  store: Store,
  { outputs: { test }, summary: { classes, counts } }: InputOf<typeof evaluatePlan>['data'],
  { outputs, summary }: Pick<OutcomeOf<typeof evaluatePlan>, 'outputs' | 'summary'>,
): Promise<void> {
  const { bytes } = outputs.predictions;
  // A probability of each class, a label and an index, for every example.
  if (bytes > counts.test * (4 * classes.length + 1 + 4) + headerBytes)
    throw new WrongArtifact('its predictions', `${bytes} bytes are too many`);
  const content = await store.getBlob(outputs.predictions);
  const predictions = decoded('its predictions', () => decodePredictions(content, 'predictions'));
  await checkExamples(store, test, predictions);
  const expected = decoded('its predictions', () => evaluatePredictions(predictions, classes));
  const found = await readJson(store, outputs.evaluation, evaluationSchema, 'its evaluation');
  claim('its evaluation', found, expected);
  claim('its summary', summary, testResult(found.metrics));
}

/** Predictions are of the images of a split, with the classes that these have. */
async function checkExamples(
  store: Store,
  split: BlobRef,
  { labels, indices }: Predictions,
): Promise<void> {
  const header = await readHeader(store, split, 'the test split', splitHeader);
  const part = ({ begin, end }: { begin: number; end: number }) =>
    readPart(store, split, begin, end - begin);
  const own = [Buffer.from(indices.buffer), Buffer.from(labels.buffer)];
  const expected = [await part(header.indices), await part(header.labels)];
  if (!expected.every((bytes, i) => bytes.equals(own[i]!)))
    throw new WrongArtifact('its predictions', 'they are of other images');
}
