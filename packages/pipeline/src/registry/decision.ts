import { blobRefSchema } from '@atelier/artifacts/blob-ref';
import { lineProblem } from '@atelier/text';
import { z } from 'zod';
import { runIdForm } from '../names.ts';

/** What can come of a decision; the first three change which model is in use. */
const outcomes = [
  'first',
  'promoted',
  'rolled back',
  'held',
  'not enough evidence',
  'unchanged',
] as const;

export const outcomeSchema = z.enum(outcomes);

const changing: readonly string[] = outcomes.slice(0, 3);

/** A run's model. */
const modelOfRunSchema = z.strictObject({
  run: z.string().regex(runIdForm),
  model: blobRefSchema,
});

export type ModelOfRun = z.infer<typeof modelOfRunSchema>;

/** Characters of a reason. */
const longestReason = 1_000;

/** What keeps a text from being a reason, in words that follow "expected"; undefined where nothing does. */
export const reasonProblem = (text: string): string | undefined =>
  text.trim() === '' || text.length > longestReason
    ? `1 to ${longestReason.toLocaleString('en')} characters`
    : lineProblem(text);

const decidedBySchema = z.strictObject({
  kind: z.enum(['person', 'schedule', 'gate']),
  name: z.string().max(200).optional(),
});

/** An entry of a registry's log: `registry/champions/<dataset>/<name>/<number>.json`. */
export const decisionSchema = z.strictObject({
  schemaVersion: z.literal(1),
  number: z.int().min(1),
  outcome: outcomeSchema,
  /** What it was decided about. */
  candidate: modelOfRunSchema,
  /** The champion until then; null for the first. */
  before: modelOfRunSchema.nullable(),
  /** The champion from then on. */
  champion: modelOfRunSchema,
  /** The number of the decision that made it the champion. */
  since: z.int().min(1),
  /** The champion before this one, to which `rollback` goes back; null where there was none. */
  previous: modelOfRunSchema.nullable(),
  /** The numbers that it was decided by, and the rule; a person decides by what they say. */
  evidence: z.record(z.string(), z.json()).optional(),
  rule: z.record(z.string(), z.json()).optional(),
  reason: z.string().refine((text) => reasonProblem(text) === undefined, 'expected a line of text'),
  decidedBy: decidedBySchema,
  at: z.iso.datetime(),
});

export type Decision = z.infer<typeof decisionSchema>;

/** What is decided; the rest of an entry follows from the one before it. */
export type Verdict = Pick<
  Decision,
  'outcome' | 'candidate' | 'evidence' | 'rule' | 'reason' | 'decidedBy'
>;

/** Whether a decision changes which model is in use. */
export const changesChampion = ({ outcome }: Pick<Decision, 'outcome'>): boolean =>
  changing.includes(outcome);

/** The entry that follows the last one. @param last undefined where there is none */
export function decisionAfter(last: Decision | undefined, verdict: Verdict, at: Date): Decision {
  const number = (last?.number ?? 0) + 1;
  const before = last?.champion ?? null;
  const follows =
    last !== undefined && !changesChampion(verdict)
      ? { champion: last.champion, since: last.since, previous: last.previous }
      : { champion: verdict.candidate, since: number, previous: before };
  return { schemaVersion: 1, number, ...verdict, before, ...follows, at: at.toISOString() };
}

/** How a person's promotion counts: the model that is in use already stays as it is. */
export function outcomeOfPromotion(
  last: Decision | undefined,
  { model }: ModelOfRun,
): 'first' | 'promoted' | 'unchanged' {
  if (last === undefined) return 'first';
  return last.champion.model.sha256 === model.sha256 ? 'unchanged' : 'promoted';
}
