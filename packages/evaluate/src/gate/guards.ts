import { bootstrapDifferences } from '../comparison/bootstrap.ts';
import { significance } from '../comparison/compare-runs.ts';
import { holm } from '../comparison/holm.ts';
import { countPairs, differenceOfPairs } from '../comparison/paired-proportions.ts';
import type { Predictions } from '../predictions.ts';
import type { GateEvidence } from './schema.ts';

/** The recall of each class that the split has, by the same test as `compare` calls a class lost by. */
export function compareRecall(
  candidate: Uint8Array,
  champion: Uint8Array,
  labels: Uint8Array,
  classes: readonly string[],
): GateEvidence['recall'] {
  const compared = classes.flatMap((name, c) => {
    const own = (hits: Uint8Array) => hits.filter((_, i) => labels[i] === c);
    const [ofCandidate, ofChampion] = [own(candidate), own(champion)];
    if (ofCandidate.length === 0) return [];
    return [{ class: name, ...differenceOfPairs(countPairs(ofCandidate, ofChampion)) }];
  });
  const adjusted = holm(compared.map(({ pValue }) => pValue));
  return compared.map((recall, i) => ({ ...recall, adjustedPValue: adjusted[i]! }));
}

/** The classes whose recall falls by more than the margin, and by more than chance. */
export const lostClasses = (recall: GateEvidence['recall'], margin: number) =>
  recall.filter(
    ({ difference, adjustedPValue }) => -difference > margin && adjustedPValue < significance,
  );

export const compareCalibration = (
  candidate: Predictions,
  champion: Predictions,
): GateEvidence['calibration'] =>
  bootstrapDifferences([candidate], [champion], true).calibrationError;

/** Whether the calibration error rises by more than the margin, and by more than chance. */
export const isLessCalibrated = (
  { difference, interval }: GateEvidence['calibration'],
  margin: number,
): boolean => difference > margin && interval.lower > 0;
