import { seedSpreadSchema } from '@atelier/evaluate/seed-spread';
import { bounded } from '@atelier/text';
import { z } from 'zod';
import { runIdForm } from '../names.ts';
import { verdictOfRun } from '../stages/index.ts';
import { numbersOfRecord } from './read-run-record.ts';
import { type RunRecord, startedBySchema, whySchema } from './run-record-schema.ts';
import { runStatuses, type Why } from './run-status.ts';

/** A run as lists show it: some 300 bytes of its record. A later version's row may hold more. */
export const runRowSchema = z.looseObject({
  runId: z.string().regex(runIdForm),
  executionId: z.string(),
  /** That of the record that the row was made of. */
  revision: z.int(),
  status: z.enum(runStatuses),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
  dataset: z.string(),
  seed: z.number().optional(),
  epochs: z.number().optional(),
  startedBy: startedBySchema.optional(),
  /** Of a message its first line. */
  why: whySchema.omit({ remedy: true }).optional(),
  /** Examples of the test split, once they are counted. */
  testExamples: z.int().min(1).optional(),
  /** What was decided about its model. */
  verdict: z.object({ outcome: z.string(), sentence: z.string() }).optional(),
  /** How far the seeds lie apart that it had trained. */
  spread: seedSpreadSchema.pick({ validationAccuracy: true, testAccuracy: true }).optional(),
  /** The numbers that lists have columns for. */
  results: z.record(z.string(), z.number()),
});

export type RunRow = z.infer<typeof runRowSchema>;

/** Characters of a reason. */
const longestReason = 120;
/** Characters of what was decided. */
const longestSentence = 400;

/** Of a reason what a list shows. */
export const rowWhy = ({ stage, kind, message }: Why): NonNullable<RunRow['why']> => ({
  ...{ stage, kind, message: message.split('\n', 1)[0]!.slice(0, longestReason) },
});

/** @param listed the results that lists have columns for */
export function rowOf(record: RunRecord, listed: readonly string[]): RunRow {
  const { runId, executionId, revision, status, startedAt, finishedAt } = record;
  const { seed, configuration, startedBy, why } = record;
  const results = numbersOfRecord(record);
  const testExamples = testExamplesOf(record);
  const verdict = verdictOfRun(record.stages);
  const { validationAccuracy, testAccuracy } = record.seeds?.spread ?? {};
  return {
    ...{ runId, executionId, revision, status, startedAt },
    ...(finishedAt && { finishedAt }),
    ...{ dataset: configuration.dataset.name, epochs: configuration.recipe.epochs },
    ...(seed !== undefined && { seed }),
    ...(startedBy && { startedBy }),
    ...(why && { why: rowWhy(why) }),
    ...(testExamples !== undefined && { testExamples }),
    ...(verdict && {
      verdict: { ...verdict, sentence: bounded(verdict.sentence, longestSentence) },
    }),
    ...(validationAccuracy && testAccuracy && { spread: { validationAccuracy, testAccuracy } }),
    results: Object.fromEntries(
      listed.flatMap((key) => (key in results ? [[key, results[key]!]] : [])),
    ),
  };
}

const countedSchema = z.looseObject({ counts: z.looseObject({ test: z.int().min(1) }) });

/** Undefined before the data is there. */
const testExamplesOf = ({ stages }: RunRecord): number | undefined =>
  countedSchema.safeParse(stages.data?.summary).data?.counts.test;
