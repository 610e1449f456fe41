import { isUserError } from '@atelier/errors';
import type { StageOutcome } from '../stages/plan.ts';
import type { Telemetry } from './telemetry.ts';

/** Counts how attempts at a stage end; one that was interrupted is nobody's failure. */
export const countedStage =
  (stage: string, { metrics }: Pick<Telemetry, 'metrics'>) =>
  async <Outcome extends Pick<StageOutcome, 'cache'>>(
    signal: AbortSignal,
    work: () => Promise<Outcome>,
  ): Promise<Outcome> => {
    try {
      const outcome = await work();
      metrics.count('stages', { stage, cache: outcome.cache.hit ? 'hit' : 'miss' });
      return outcome;
    } catch (error) {
      const kind = isUserError(error) ? 'user' : 'world';
      if (!signal.aborted) metrics.count('stageFailures', { stage, kind });
      throw error;
    }
  };
