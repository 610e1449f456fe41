import { expect, test } from 'vitest';
import { answered, answerSchema } from './approval.ts';

const weighed = { outcome: 'promoted', sentence: 'Promoted: of 500 gate images …' } as const;

test('who answered what stands in the sentence and in the log, and only a yes puts in use', () => {
  expect(answered(weighed, { answer: 'approved', by: 'ada', reason: 'looked at it.' })).toEqual({
    outcome: 'promoted',
    sentence: 'Approved by ada: looked at it. Promoted: of 500 gate images …',
    decidedBy: { kind: 'person', name: 'ada' },
  });
  expect(answered(weighed, { answer: 'rejected', reason: 'the labels' })).toEqual({
    outcome: 'held',
    sentence: 'Held: rejected: the labels. What the gate found: Promoted: of 500 gate images …',
    decidedBy: { kind: 'person' },
  });
  expect(answered(weighed, { answer: 'none', reason: 'nobody came' })).toMatchObject({
    ...{ outcome: 'held', decidedBy: { kind: 'gate' } },
    sentence: expect.stringMatching(/^Held: nobody came\. What/),
  });
  expect(answered(weighed)).toMatchObject({ outcome: 'held', decidedBy: { kind: 'gate' } });
});

test.each([
  [undefined],
  ['yes'],
  [{}],
  [{ reason: ' ' }],
  [{ reason: 'x'.repeat(1_001) }],
  [{ reason: 'fine', by: '\u202eada' }],
  [{ reason: 'fine', by: 7 }],
  [{ reason: 'fine', more: 1 }],
])('an answer that is none is refused: %j', (given) => {
  expect(answerSchema.safeParse(given).success).toBe(false);
});
