import { createHash } from 'node:crypto';
import { decodeMembership, encodeMembership } from '@atelier/data/prepared-dataset';
import { UserError } from '@atelier/errors';
import { countPairs, differenceOfPairs } from '../comparison/paired-proportions.ts';
import { checkPredictions, type Predictions, predictedClasses } from '../predictions.ts';
import { compareCalibration, compareRecall } from './guards.ts';
import { upperTail } from './normal.ts';
import { poolLooks } from './pooled-looks.ts';
import type { GateEvidence, GateRule } from './schema.ts';
import { spendingOf } from './spending.ts';
import { type Verdict, verdictOf } from './verdict.ts';

interface Judged {
  /** On the gate split: equal images in equal order for both. */
  candidate: Predictions;
  champion: Predictions;
  /** Names of the classes, in the order of the probabilities. */
  classes: readonly string[];
  /**
   * The evidence of the earlier looks at this champion by candidates of the same recipe (settings
   * that differ in the seed alone), whatever came of them, oldest first. Another recipe is another
   * question, with a level of its own; so is another champion. Looks at another gate split, and
   * candidates that answered what another one did, are left out here.
   */
  looks: readonly GateEvidence[];
  rule: GateRule;
}

/**
 * Whether a candidate is to replace the champion, and why. Two things have to hold: the candidates
 * of its recipe are better than the champion on average, as the nights up to now have proven (the
 * rule's `level` bounds the chance that they ever seem so and are not); and tonight's candidate,
 * which alone would be promoted, is better by the number, and loses neither a class nor its
 * calibration. docs/promoting.md has the rule in words, docs/gate-simulation.md what it does in a year.
 * @throws UserError where the predictions are not of the same images, or no predictions
 */
export function judgeCandidate({
  candidate,
  champion,
  classes,
  looks,
  rule,
}: Judged): Verdict & { evidence: GateEvidence } {
  checkSameImages(candidate, champion, classes);
  const split = digestOf(candidate);
  const [ofCandidate, ofChampion] = [hitsOf(candidate), hitsOf(champion)];
  const n = ofCandidate.length;
  const recognised = encodeHits(ofCandidate);
  const earlier = new Set(looks.filter((look) => look.split === split).map((x) => x.recognised));
  earlier.delete(recognised);
  const spending = spendingOf(rule.level);
  const pooled = poolLooks(
    countHits([...earlier, recognised], n),
    earlier.size + 1,
    ofChampion,
    rule.minimumEffect,
    spending,
  );
  const { both, onlyA, onlyB, neither } = countPairs(ofCandidate, ofChampion);
  const evidence: GateEvidence = {
    ...{ split, examples: n },
    counts: { both, candidateOnly: onlyA, championOnly: onlyB, neither },
    accuracy: differenceOfPairs({ both, onlyA, onlyB, neither }),
    pooled: {
      ...pooled,
      pValue: upperTail(pooled.z),
      levelSpent: spending.spent(pooled.looks),
    },
    recall: compareRecall(ofCandidate, ofChampion, candidate.labels, classes),
    calibration: compareCalibration(candidate, champion),
    recognised,
  };
  return { ...verdictOf(evidence, rule), evidence };
}

const hitsOf = (predictions: Predictions): Uint8Array =>
  predictedClasses(predictions).map((c, i) => Number(c === predictions.labels[i]));

const encodeHits = (hits: Uint8Array): string =>
  encodeMembership(
    Int32Array.from(hits.keys()).filter((i) => hits[i] === 1),
    hits.length,
  );

/** [n] how many of the candidates recognise each image. */
function countHits(candidates: readonly string[], n: number): Uint16Array {
  const counts = new Uint16Array(n);
  for (const bits of candidates) for (const i of decodeMembership(bits)) counts[i]! += 1;
  return counts;
}

const digestOf = ({ labels, indices }: Predictions): string =>
  createHash('sha256').update(new Uint8Array(indices.slice().buffer)).update(labels).digest('hex');

function checkSameImages(
  candidate: Predictions,
  champion: Predictions,
  classes: readonly string[],
): void {
  for (const predictions of [candidate, champion]) checkPredictions(predictions, classes);
  if (digestOf(candidate) === digestOf(champion)) return;
  throw new UserError({
    what: 'Candidate and champion were measured on different gate images, or on other labels.',
    expected: `the candidate's ${candidate.labels.length} images, in its order`,
    found: `${champion.labels.length} images of the champion's that are not the same`,
  });
}
