import { expect, test } from 'vitest';
import { type Decision, decisionAfter, type Verdict } from '../registry/decision.ts';
import { championLines, historyLines } from './champion-command.ts';

const decisions: [Verdict['outcome'], string, string, string, string][] = [
  ['first', 'dropout-1', 'a', 'the recipe of the paper', '2026-11-20T09:12:00Z'],
  ['promoted', 'wide-1', 'b', '0.4 points better on the same images', '2026-11-24T08:40:00Z'],
  ['unchanged', 'wide-1-again', 'b', 'trained once more', '2026-11-24T10:02:00Z'],
  ['rolled back', 'dropout-1', 'a', 'too slow on phones', '2026-11-26T16:05:00Z'],
];
const log: Decision[] = [];
for (const [outcome, run, digit, reason, at] of decisions) {
  const candidate = { run, model: { sha256: digit.repeat(64), bytes: 2 } };
  const decidedBy = { kind: 'person' as const, name: 'ada' };
  const verdict = { outcome, candidate, reason, decidedBy };
  log.push(decisionAfter(log.at(-1), verdict, new Date(at)));
}

test('a history fits the terminal, and what cannot be read has its row', () => {
  const told = [{ number: 5, problem: 'it is no valid JSON' }, ...log.toReversed()];
  expect(`\n${historyLines(told, 80).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    #  at (UTC)          outcome      candidate     by          why
    5  -                 unreadable   -             -           it is no valid JSON
    4  2026-11-26 16:05  rolled back  dropout-1     person ada  too slow on phones
    3  2026-11-24 10:02  unchanged    wide-1-again  person ada  trained once more
    2  2026-11-24 08:40  promoted     wide-1        person ada  0.4 points better o…
    1  2026-11-20 09:12  first        dropout-1     person ada  the recipe of the p…
    "
  `);
  for (const width of [40, 60, 100])
    for (const line of historyLines(told, width)) expect(line.length).toBeLessThanOrEqual(width);
});

test('the champion is shown with its numbers, since when and why', () => {
  const newest = log.at(-1)!;
  const shown = {
    ...{ registry: { dataset: 'fashion-mnist', name: 'champion' }, newest, made: newest },
    measured: {
      testAccuracy: 0.9352,
      testAccuracyInterval: { level: 0.95, lower: 0.9302, upper: 0.9399 },
      testExamples: 10_000,
    },
    files: 's3://atelier/champion/fashion-mnist/champion/',
  };
  expect(`\n${championLines(shown, 80).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    The champion of fashion-mnist is run dropout-1
      test accuracy  93.52 %, 95 % interval 93.02 to 93.99 %, on 10,000 images
      since          2026-11-26 16:05 UTC, by person ada
      why            decision 4, rolled back: too slow on phones
      before it      run wide-1
      model          SHA-256 aaaaaaaaaaaa…
      files          s3://atelier/champion/fashion-mnist/champion/
    "
  `);
  const { testAccuracy } = shown.measured;
  expect(championLines({ ...shown, measured: { testAccuracy } }, 80)[1]).toMatch(/ 93\.52 %$/);
});
