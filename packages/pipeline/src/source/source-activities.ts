import type { BlobRef } from '@atelier/artifacts';
import { type Limits, limitsSchema } from '@atelier/data/compare-datasets';
import type { StageDependencies } from '../stage-activity/stage-activity.ts';
import { stageActivity } from '../stage-activity/stage-activity.ts';
import { translateFailure } from '../stage-activity/translate-failure.ts';
import { acceptWithin } from './accepted-dataset.ts';
import { type FoundSource, lookAtSource, lookInputSchema } from './look-at-source.ts';

interface AcceptInput {
  run: string;
  /** The dataset's name. */
  name: string;
  manifest: BlobRef;
  contract?: Partial<Limits> | undefined;
}

/** What runs do whose dataset follows its source; others have nothing to do with it. */
export interface SourceActivities {
  lookAtSource(input: unknown): Promise<FoundSource>;
  /** @returns what has changed since the dataset that was accepted last; null where nothing has */
  acceptData(input: AcceptInput): Promise<string | null>;
}

export function sourceActivities(
  means: Pick<StageDependencies, 'store' | 'cacheDirectory' | 'proxies'>,
): SourceActivities {
  const never = new AbortController().signal;
  return {
    lookAtSource: stageActivity({ name: 'data', input: lookInputSchema }, (input, context) =>
      lookAtSource(means, input, context),
    ),
    async acceptData({ contract, ...prepared }) {
      try {
        const limits = limitsSchema.parse(contract ?? {});
        return (await acceptWithin(means.store, prepared, limits)) ?? null;
      } catch (error) {
        throw translateFailure(error, never);
      }
    },
  };
}
