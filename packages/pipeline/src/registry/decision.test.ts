import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  changesChampion,
  type Decision,
  decisionAfter,
  decisionSchema,
  type ModelOfRun,
  outcomeOfPromotion,
  reasonProblem,
} from './decision.ts';

const modelOf = (digit: string): ModelOfRun => ({
  run: `run-${digit}`,
  model: { sha256: digit.repeat(64), bytes: 10 },
});
const candidates = fc.constantFrom(...'0123456789').map(modelOf);
const kept = fc.constantFrom('held' as const, 'not enough evidence' as const);
const steps = fc.array(fc.tuple(candidates, fc.option(kept)), { minLength: 1, maxLength: 30 });

test('whatever is decided, each entry follows from the one before it', () => {
  fc.assert(
    fc.property(steps, (steps) => {
      const log: Decision[] = [];
      for (const [candidate, held] of steps) {
        const last = log.at(-1);
        const outcome = last && held ? held : outcomeOfPromotion(last, candidate);
        const verdict = { candidate, outcome, reason: 'r', decidedBy: { kind: 'gate' as const } };
        log.push(decisionSchema.parse(decisionAfter(last, verdict, new Date(0))));
      }
      for (const [i, { number, before, champion, since, previous, ...entry }] of log.entries()) {
        expect(number).toBe(i + 1);
        expect(before).toEqual(log[i - 1]?.champion ?? null);
        const made = log[since - 1]!;
        expect(changesChampion(made)).toBe(true);
        expect(made.candidate).toEqual(champion);
        expect(previous).toEqual(made.before);
        expect(previous?.model.sha256).not.toBe(champion.model.sha256);
        if (changesChampion(entry)) expect(champion).toEqual(entry.candidate);
        else expect(champion).toEqual(before);
      }
    }),
  );
});

test.each([
  ['', /1 to 1,000/],
  ['  ', /1 to 1,000/],
  ['x'.repeat(1_001), /1 to 1,000/],
  ['two\nlines', /control characters/],
  ['turned \u202e round', /U\+202E/],
])('%j is no reason', (text, expected) => {
  expect(reasonProblem(text)).toMatch(expected);
  expect(reasonProblem('better on the same images')).toBeUndefined();
});
