import {
  decodeMembership,
  encodeMembership,
  type PreparedDataset,
} from '@atelier/data/prepared-dataset';
import { type Predictions, predictedClasses } from '@atelier/evaluate';
import { countPairs, differenceOfPairs } from '@atelier/evaluate/comparison';
import type { Reference } from './reference-schema.ts';
import type { Report } from './report-schema.ts';

type Answers = NonNullable<Reference['answers']>;
type Tested = { dataset: PreparedDataset; predictions: Predictions };

/** What a run answered to its test images, for other runs to be compared with. */
export function answersOf(run: string, { dataset, predictions }: Tested): Answers {
  const { indices, labels } = predictions;
  const predicted = predictedClasses(predictions);
  const count = 1 + indices.reduce((a, b) => Math.max(a, b), 0);
  return {
    ...{ run, testFiles: testFilesOf(dataset) },
    tested: encodeMembership(indices, count),
    right: encodeMembership(
      indices.filter((_, i) => predicted[i] === labels[i]),
      count,
    ),
  };
}

/** The digests of the official test images and labels. */
export const testFilesOf = ({ sources }: Pick<PreparedDataset, 'sources'>): string =>
  Object.entries(sources)
    .filter(([role]) => role.startsWith('test'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { sha256 }]) => sha256)
    .join(' ');

/**
 * A reference as a report shows it: one that is a run is compared on the test images that both have,
 * where there are any.
 */
export function shownReference(
  reference: Reference | undefined,
  tested: Tested,
): Report['reference'] {
  if (reference === undefined) return null;
  const { answers, ...numbers } = reference;
  const paired = answers && pairedWith(answers, tested);
  return { ...numbers, ...(paired && { paired }) };
}

function pairedWith({ run, testFiles, tested, right }: Answers, own: Tested) {
  if (testFiles !== testFilesOf(own.dataset)) return undefined;
  const { indices, labels } = own.predictions;
  const predicted = predictedClasses(own.predictions);
  const [known, recognised] = [tested, right].map((bits) => new Set(decodeMembership(bits)));
  const rows = [...indices.keys()].filter((row) => known!.has(indices[row]!));
  if (rows.length === 0) return undefined;
  const counts = countPairs(
    Uint8Array.from(rows, (row) => Number(predicted[row] === labels[row])),
    Uint8Array.from(rows, (row) => Number(recognised!.has(indices[row]!))),
  );
  return { run, examples: rows.length, ...differenceOfPairs(counts) };
}
