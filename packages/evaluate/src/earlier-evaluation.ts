import { z } from 'zod';
import {
  type Evaluation,
  evaluationDetailSchema,
  evaluationSchema,
  intervalSchema,
} from './schema.ts';

/** What evaluation.json was before its metrics came from one table. */
const firstSchema = z
  .object({
    schemaVersion: z.literal(1),
    ...evaluationDetailSchema.omit({ coverage: true }).shape,
    accuracy: z.number(),
    accuracyInterval: intervalSchema,
    logLoss: z.number(),
  })
  .transform(
    ({ accuracy, accuracyInterval, logLoss, ...detail }): Evaluation => ({
      ...detail,
      schemaVersion: 2,
      metrics: {
        accuracy: { value: accuracy, interval: accuracyInterval },
        macroF1: { value: detail.macro.f1 },
        logLoss: { value: logLoss },
        calibrationError: { value: detail.calibration.expectedError },
      },
      coverage: [],
    }),
  );

/**
 * An evaluation as it is stored, of this version or an earlier one: a run that was evaluated before
 * an update is reported after it. Metrics that the earlier version did not have are missing.
 */
export const storedEvaluationSchema: z.ZodType<Evaluation> = z.discriminatedUnion('schemaVersion', [
  evaluationSchema,
  firstSchema,
]);
