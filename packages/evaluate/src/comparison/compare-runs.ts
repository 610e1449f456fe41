import { exampleOf, type Predictions, predictedClasses } from '../predictions.ts';
import { topHits } from '../probability-scores.ts';
import { testMetricList } from '../test-metrics.ts';
import { alignPredictions, type ComparedRun, incomparable } from './align-predictions.ts';
import { bootstrapDifferences } from './bootstrap.ts';
import { dividedExamples, majorities } from './divided-examples.ts';
import { holm } from './holm.ts';
import { differenceOverSeeds } from './over-seeds.ts';
import { countPairs, differenceOfPairs } from './paired-proportions.ts';
import type { ComparedClass, Comparison, Difference } from './schema.ts';

/** A chance below it counts as more than chance. */
export const significance = 0.05;

/**
 * Compares two models, or two ways of training by several runs of each, on the test examples that
 * all runs have. Equal arguments give equal comparisons.
 * @throws UserError for runs that have nothing in common, for one run against several, and for a run
 *   that stands twice, unless it is compared with itself
 */
export function compareRuns(
  givenA: readonly ComparedRun[],
  givenB: readonly ComparedRun[],
): Comparison {
  refuseRepeated(givenA, givenB);
  const { a, b, about } = paired(givenA, givenB);
  const aligned = alignPredictions([...a, ...b]);
  const [ofA, ofB] = [aligned.slice(0, a.length), aligned.slice(a.length)];
  const names = a[0]!.classes;
  const { labels } = aligned[0]!;
  const isPaired = about !== 'unpaired seeds';
  const resampled = bootstrapDifferences(ofA, ofB, isPaired);
  const shares = (measure: (predictions: Predictions) => Uint8Array) =>
    differenceOfShares(ofA.map(measure), ofB.map(measure), isPaired);
  const { f1, ...others } = resampled;
  const { counts, ...divided } = dividedExamples(majorities(ofA), majorities(ofB), aligned[0]!);
  return {
    schemaVersion: 1,
    ...{ a: a.map(sideRun), b: b.map(sideRun), about },
    examples: labels.length,
    identical: ofA.every((one, i) => sameProbabilities(one, ofB[i])),
    counts,
    metrics: {
      accuracy: shares(hitsOf),
      ...(names.length > 2 && { top2Accuracy: shares(topTwo) }),
      ...others,
    },
    classes: compareClasses(ofA.map(hitsOf), ofB.map(hitsOf), isPaired, labels, names, f1),
    ...divided,
  };
}

const sideRun = ({ run, seed, predictions }: ComparedRun) => ({
  ...{ run, seed, examples: predictions.labels.length },
});

/**
 * Of several, a run that counts twice, maybe under two names, would seem to vary less than it does:
 * on one side its own way of training, on both the difference.
 */
function refuseRepeated(a: readonly ComparedRun[], b: readonly ComparedRun[]): void {
  if (a.length === 1 && b.length === 1) return;
  const names = [...a, ...b].map(({ run }) => run);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated === undefined) return;
  throw incomparable('A run stands twice among several.', {
    expected: 'every run once',
    found: `run ${repeated} twice`,
  });
}

/** Runs of the same seeds in the same order, where there are the same seeds on both sides. */
function paired(a: readonly ComparedRun[], b: readonly ComparedRun[]) {
  if (a.length === 1 && b.length === 1) return { a, b, about: 'models' as const };
  if (a.length === 1 || b.length === 1)
    throw incomparable('A single run does not tell how much the seed decides.', {
      expected: 'one run on either side, or several on both',
      found: `${a.length} against ${b.length}`,
    });
  const bySeed = (side: readonly ComparedRun[]) => side.toSorted((x, y) => x.seed - y.seed);
  const [sortedA, sortedB] = [bySeed(a), bySeed(b)];
  const distinct = new Set(a.map(({ seed }) => seed)).size === a.length;
  const same =
    distinct && a.length === b.length && sortedA.every(({ seed }, i) => seed === sortedB[i]!.seed);
  return {
    a: sortedA,
    b: sortedB,
    about: same ? ('paired seeds' as const) : ('unpaired seeds' as const),
  };
}

function differenceOfShares(
  a: readonly Uint8Array[],
  b: readonly Uint8Array[],
  isPaired: boolean,
): Difference & { pValue: number } {
  if (a.length > 1) return differenceOverSeeds(a, b, isPaired);
  return differenceOfPairs(countPairs(a[0]!, b[0]!));
}

function compareClasses(
  a: readonly Uint8Array[],
  b: readonly Uint8Array[],
  isPaired: boolean,
  labels: Uint8Array,
  names: readonly string[],
  f1: readonly Difference[],
): ComparedClass[] {
  const recalls = names.map((_, c) => {
    const own = (side: readonly Uint8Array[]) =>
      side.map((hits) => hits.filter((_, i) => labels[i] === c));
    const [ofA, ofB] = [own(a), own(b)];
    return ofA[0]!.length === 0 ? undefined : differenceOfShares(ofA, ofB, isPaired);
  });
  const adjusted = holm(recalls.map((recall) => recall?.pValue));
  return names.map((name, c): ComparedClass => {
    const [recall, adjustedPValue] = [recalls[c], adjusted[c]];
    const beyondChance = adjustedPValue !== undefined && adjustedPValue < significance;
    return {
      name,
      support: labels.filter((label) => label === c).length,
      ...(recall && { recall }),
      ...(adjustedPValue !== undefined && { adjustedPValue }),
      change: beyondChance ? (recall!.difference > 0 ? 'gained' : 'lost') : 'same',
      f1: f1[c]!,
    };
  });
}

/** [n] 1 where the most probable class is the actual one. */
const hitsOf = (predictions: Predictions): Uint8Array =>
  predictedClasses(predictions).map((c, i) => Number(c === predictions.labels[i]));

/** [n] 1 where the actual class is one of the two most probable. */
const topTwo = (predictions: Predictions): Uint8Array =>
  predictions.labels.map((_, i) => topHits(exampleOf(predictions, i), 2));

const sameProbabilities = (one: Predictions, other: Predictions | undefined): boolean =>
  other !== undefined && one.probabilities.every((p, i) => p === other.probabilities[i]);

/** In a sentence, whether a is better than b, and how that is known. */
export function verdictOf({ identical, metrics: { accuracy }, about }: Comparison): string {
  if (identical) return 'A and B give the same probabilities, bit for bit.';
  const { difference, interval, pValue } = accuracy;
  const points = (value: number) => `${value < 0 ? '−' : '+'}${(100 * Math.abs(value)).toFixed(2)}`;
  const by = about === 'models' ? 'exact McNemar' : 'over seeds and examples';
  const relation =
    pValue >= significance
      ? 'cannot be told apart'
      : `are not the same: A is ${difference > 0 ? 'better' : 'worse'}`;
  return `The accuracies of A and B ${relation}; difference ${points(difference)} points, 95 % interval ${points(interval.lower)} to ${points(interval.upper)}, ${pValueEquals(pValue)} (${by}).`;
}

/** In a sentence, what the numbers are about and what they are not. */
export const scopes: Record<Comparison['about'], string> = {
  models:
    'This is about these two models: how much another seed would change is not in it. Compare several seeds with several to see.',
  'paired seeds':
    'This is about two ways of training, over seeds and examples; runs of one seed are paired.',
  'unpaired seeds':
    'This is about two ways of training, over seeds and examples; the seeds do not match, so that runs are not paired.',
};

const smallestShown = 0.0001;

export const pValueText = (p: number): string =>
  p < smallestShown ? `< ${smallestShown}` : p.toFixed(4);

/** For a sentence: `p = 0.0053`, `p < 0.0001`. */
export const pValueEquals = (p: number): string =>
  `p ${p < smallestShown ? '' : '= '}${pValueText(p)}`;

/** The metrics that were compared, in the order of the table of metrics and as that describes them. */
export const comparedMetrics = ({ metrics }: Pick<Comparison, 'metrics'>) =>
  testMetricList.flatMap(({ name, label, format, better }) =>
    metrics[name] === undefined ? [] : [{ ...metrics[name], label, format, better }],
  );
