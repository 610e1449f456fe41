import { lineProblem } from '@atelier/text';
import { z } from 'zod';
import { reasonProblem, type Verdict } from './decision.ts';

/** What the gate makes of a candidate, in a word and in a sentence with the numbers. */
export type Weighing = Pick<Verdict, 'outcome'> & { sentence: string };

/** What a person says to a model that the gate would put in use: the updates `approve` and `reject`. */
export const answerSchema = z.strictObject({
  reason: z.string().superRefine((text, { addIssue }) => {
    const expected = reasonProblem(text);
    if (expected !== undefined) addIssue(`expected ${expected}`);
  }),
  /** Who; absent where that is not known. */
  by: z
    .string()
    .min(1)
    .max(200)
    .refine((text) => lineProblem(text) === undefined, 'expected a name')
    .optional(),
});

export type Answer = z.output<typeof answerSchema>;

/** What came of asking a person; `none`: nobody answered in time, and why that was over. */
export const approvalSchema = z.object({
  answer: z.enum(['approved', 'rejected', 'none']),
  by: z.string().optional(),
  reason: z.string(),
});

export type Approval = z.output<typeof approvalSchema>;

/** What is in use may have become another since the candidate was weighed. */
const unasked: Approval = {
  answer: 'none',
  reason: 'another model came into use while it was weighed, and nobody was asked',
};

/**
 * What is decided about a model that the gate would put in use, where that waits for a person.
 * @param approval undefined where nobody was asked
 */
export function answered<Weighed extends Weighing>(
  weighed: Weighed,
  approval: Approval = unasked,
): Weighed & Pick<Verdict, 'decidedBy'> {
  const { answer, by, reason } = approval;
  const decidedBy: Verdict['decidedBy'] =
    answer === 'none' ? { kind: 'gate' } : { kind: 'person', ...(by && { name: by }) };
  const who = by === undefined ? '' : ` by ${by}`;
  const said = reason.trim().replace(/[^.!?]$/, '$&.');
  if (answer === 'approved')
    return { ...weighed, sentence: `Approved${who}: ${said} ${weighed.sentence}`, decidedBy };
  const why = answer === 'rejected' ? `rejected${who}: ${said}` : said;
  const sentence = `Held: ${why} What the gate found: ${weighed.sentence}`;
  return { ...weighed, outcome: 'held', sentence, decidedBy };
}
