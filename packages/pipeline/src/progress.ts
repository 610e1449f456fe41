import type { EpochMetrics, EpochRecord } from '@atelier/train/epochs';
import { z } from 'zod';
import type { StageVerdict } from './stages/plan.ts';

/**
 * One epoch as a line of progress shows it: the metrics that have a column, as far as the version
 * of Atelier that trained it knew them. Adopted epochs of other data have no validation scores.
 */
export type EpochLine = Partial<EpochMetrics> & Pick<EpochRecord, 'epoch' | 'seconds'>;

/** Any version's: its metrics may be others, but are numbers. */
const epochLineSchema = z
  .object({ epoch: z.int().min(1), seconds: z.number() })
  .catchall(z.number()) as unknown as z.ZodType<EpochLine>;

/** What a running stage tells its workflow, about once a second and more rarely as time goes on. */
export const progressReportSchema = z.object({
  stage: z.string(),
  /** What the stage is doing right now, in a few words. */
  doing: z.string().optional(),
  epochs: z.array(epochLineSchema).optional(),
  /** Things a person should know that did not stop the stage. */
  notices: z.array(z.string()).optional(),
});

export type ProgressReport = z.output<typeof progressReportSchema>;

/** What a stage's failure says beside its message. */
export interface FailureDetails {
  /** See `Failure` of @atelier/errors. */
  mendedBy?: readonly string[];
  remedy?: string;
}

/** Why a run waits for a person. */
export interface Attention extends FailureDetails {
  stage: string;
  /** UserError, WorldError, … */
  kind: string;
  message: string;
}

export interface StageProgress {
  stage: string;
  state: 'waiting' | 'running' | 'parked' | 'done';
  seconds?: number;
  hit?: boolean;
  why?: string;
}

export interface Progress {
  runId: string;
  status: 'running' | 'parked' | 'finished' | 'ended';
  stages: StageProgress[];
  doing?: string;
  /** Epochs after the one that was asked for. */
  epochs: EpochLine[];
  totalEpochs: number;
  best?: { epoch: number; validationAccuracy: number };
  attention?: Attention;
  /** What was decided about the run's model. */
  verdict?: StageVerdict;
  notices: string[];
}
