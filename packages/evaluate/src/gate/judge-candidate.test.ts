import { expect, test } from 'vitest';
import type { Predictions } from '../predictions.ts';
import {
  type GateEvidence,
  type GateRule,
  gateEvidenceSchema,
  gateRuleSchema,
  judgeCandidate,
} from './index.ts';

const classes = ['cat', 'dog', 'eel'];
const n = 300;
const rule: GateRule = gateRuleSchema.parse({});

/** Right but for the images given, and equally sure of everything. */
function model(wrong: readonly number[], confidence = 0.925): Predictions {
  const labels = Uint8Array.from({ length: n }, (_, i) => i % 3);
  const probabilities = new Float32Array(n * 3).fill((1 - confidence) / 2);
  labels.forEach((label, i) => {
    probabilities[3 * i + (wrong.includes(i) ? (label + 1) % 3 : label)] = confidence;
  });
  return { probabilities, labels, indices: Int32Array.from(labels.keys()), classes: 3 };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

const champion = model(range(0, 30));

const judge = (candidate: Predictions, looks: readonly GateEvidence[] = [], given = champion) =>
  judgeCandidate({ candidate, champion: given, classes, looks, rule });

test('a candidate that is clearly better is promoted at the first look', () => {
  const { outcome, sentence, reasons, evidence } = judge(model(range(0, 15)));
  expect(outcome).toBe('promoted');
  expect(sentence).toBe(
    'Promoted: of 300 gate images the candidate recognises 15 more than the champion (95.00 % against 90.00 %; 15 only the candidate, 0 only the champion); that is +5.00 points, and from +3.79 on it is more than chance at look 1 (p = 0.0002).',
  );
  expect(reasons.every(({ holds }) => holds)).toBe(true);
  expect(gateEvidenceSchema.parse(JSON.parse(JSON.stringify(evidence)))).toEqual(evidence);
});

test('one that is not proven to be better waits for others of its recipe', () => {
  const looks: GateEvidence[] = [];
  const outcomes = [0, 1, 2].map((night) => {
    // Nine images better, though it fails at others besides, each night at new ones.
    const { outcome, evidence } = judge(
      model([...range(0, 17), ...range(100 + 4 * night, 104 + 4 * night)]),
      looks,
    );
    looks.push(evidence);
    return outcome;
  });
  expect(outcomes).toEqual(['not enough evidence', 'not enough evidence', 'promoted']);
  expect(looks.map(({ pooled }) => pooled.looks)).toEqual([1, 2, 3]);
  const spent = looks.map(({ pooled }) => pooled.levelSpent);
  expect(spent).toEqual(spent.toSorted((a, b) => a - b));
  expect(spent.at(-1)).toBeLessThan(rule.level);
});

test('however good the others were, tonight’s candidate has to be better by the number', () => {
  const { evidence } = judge(model(range(0, 10)));
  const { outcome, sentence } = judge(model([...range(0, 29), 100]), [evidence]);
  expect(outcome).toBe('held');
  expect(sentence).toMatch(
    /^Held: of 300 .* as many as the champion .* 0\.1 points more are asked/,
  );
});

test('the same answers, and looks at other images, are no further evidence', () => {
  const candidate = model([...range(0, 17), ...range(100, 104)]);
  const { evidence } = judge(candidate);
  const other = { ...evidence, split: 'another', recognised: '' };
  expect(judge(candidate, [evidence, other, evidence]).evidence).toEqual(evidence);
});

test('a class that is lost holds a better candidate back, and is named', () => {
  // The champion knows all dogs; the candidate everything else.
  const of = (label: number) => range(0, n).filter((i) => i % 3 === label);
  const given = model([...of(0).slice(0, 30), ...of(2).slice(0, 30)]);
  const { outcome, sentence } = judge(model(of(1).slice(0, 20)), [], given);
  expect(outcome).toBe('held');
  expect(sentence).toBe(
    'Held: recall falls of dog from 100.00 % to 80.00 % (p < 0.0001), by more than 1 points and chance.',
  );
});

test('one that is less calibrated is held back', () => {
  const { outcome, sentence } = judge(model(range(0, 15), 0.6));
  expect(outcome).toBe('held');
  expect(sentence).toMatch(/^Held: the calibration error rises from 2\.50 % to 35\.00 %/);
});

test.each([
  ['other images', { ...champion, indices: champion.indices.map((i) => i + 1) }],
  ['other labels', { ...champion, labels: champion.labels.map((c) => (c + 1) % 3) }],
])('%s of the champion are refused', (_, given) => {
  expect(() => judge(champion, [], given)).toThrow(/on different gate images, or on other labels/);
});
