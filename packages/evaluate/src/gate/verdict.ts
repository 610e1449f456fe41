import { pValueEquals } from '../comparison/compare-runs.ts';
import { isLessCalibrated, lostClasses } from './guards.ts';
import type { GateEvidence, GateRule } from './schema.ts';

export interface Verdict {
  outcome: 'promoted' | 'held' | 'not enough evidence';
  /** Why, with the numbers: the outcome's reasons in one line. */
  sentence: string;
  /** Everything that was asked, and what came of it. */
  reasons: Reason[];
}

interface Reason {
  about: 'number' | 'chance' | 'recall' | 'calibration';
  holds: boolean;
  /** A sentence without its full stop, which begins with a small letter. */
  text: string;
}

/** What follows from the evidence by the rule. */
export function verdictOf(evidence: GateEvidence, rule: GateRule): Verdict {
  const reasons = [number, chance, recall, calibration].map((ask) => ask(evidence, rule));
  const failed = reasons.filter(({ holds }) => !holds);
  const outcome =
    failed.length === 0
      ? 'promoted'
      : failed.every(({ about }) => about === 'chance')
        ? 'not enough evidence'
        : 'held';
  const told = {
    promoted: reasons.filter(({ about }) => about === 'number' || about === 'chance'),
    'not enough evidence': reasons.filter(({ about }) => about === 'number' || about === 'chance'),
    // That it is not proven to be better is beside the point.
    held: failed.filter(({ about }) => about !== 'chance'),
  }[outcome];
  const name = { promoted: 'Promoted', 'not enough evidence': 'Not enough evidence', held: 'Held' };
  return {
    outcome,
    sentence: `${name[outcome]}: ${told.map(({ text }) => text).join('; ')}.`,
    reasons,
  };
}

function number({ examples, counts, accuracy }: GateEvidence, { minimumEffect }: GateRule): Reason {
  const { candidateOnly, championOnly } = counts;
  const more = candidateOnly - championOnly;
  // Counts are exact where a difference of shares is not.
  const holds = more >= minimumEffect * examples - 1e-9;
  const relation =
    more === 0 ? 'as many' : `${many(Math.abs(more))} ${more > 0 ? 'more' : 'fewer'}`;
  const demanded = holds ? '' : `, where ${points(minimumEffect)} points more are asked for`;
  return {
    ...{ about: 'number', holds },
    text: `of ${many(examples)} gate images the candidate recognises ${relation} ${more === 0 ? 'as' : 'than'} the champion (${percent(accuracy.a)} against ${percent(accuracy.b)}; ${many(candidateOnly)} only the candidate, ${many(championOnly)} only the champion)${demanded}`,
  };
}

function chance({ pooled }: GateEvidence): Reason {
  const { looks, difference, criticalDifference, pValue } = pooled;
  const holds = difference >= criticalDifference;
  const whose = looks === 1 ? 'that is' : `the ${many(looks)} candidates so far are on average`;
  return {
    ...{ about: 'chance', holds },
    text: `${whose} ${signed(difference)} points, ${holds ? 'and' : 'but'} from ${signed(criticalDifference)} on it is more than chance at look ${many(looks)} (${pValueEquals(pValue)})`,
  };
}

function recall({ recall }: GateEvidence, { recallMargin }: GateRule): Reason {
  const lost = lostClasses(recall, recallMargin);
  const falls = lost.map(
    ({ class: name, a, b, adjustedPValue }) =>
      `of ${name} from ${percent(b)} to ${percent(a)} (${pValueEquals(adjustedPValue)})`,
  );
  return {
    ...{ about: 'recall', holds: lost.length === 0 },
    text:
      lost.length === 0
        ? `no class's recall falls by more than ${points(recallMargin)} points and chance`
        : `recall falls ${falls.join(', ')}, by more than ${points(recallMargin)} points and chance`,
  };
}

function calibration({ calibration }: GateEvidence, { calibrationMargin }: GateRule): Reason {
  const holds = !isLessCalibrated(calibration, calibrationMargin);
  const { a, b } = calibration;
  return {
    ...{ about: 'calibration', holds },
    text: `the calibration error ${holds ? 'does not rise' : `rises from ${percent(b)} to ${percent(a)},`} by more than ${points(calibrationMargin)} points and chance`,
  };
}

const many = (count: number): string => count.toLocaleString('en');
const points = (share: number): string => (100 * share).toFixed(2).replace(/\.?0+$/, '');
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const signed = (share: number): string =>
  `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(2)}`;
