import type { Adoption } from '../run-configuration.ts';
import type { Store } from '../run-store.ts';
import { translateFailure } from '../stage-activity/translate-failure.ts';
import type { Outcomes } from '../stages/index.ts';
import { readHistory } from '../stages/train/history.ts';
import { thinCheckpoints } from './thin-checkpoints.ts';

export interface ThinningInput {
  train: Outcomes['train'];
  select: Outcomes['select'];
  adopt?: Adoption | undefined;
}

export interface ThinningActivities {
  /** Removes the checkpoints that nobody wants kept; says how many. */
  thinOut(input: ThinningInput): Promise<number>;
}

export function thinningActivities(store: Store): ThinningActivities {
  const never = new AbortController().signal;
  return {
    async thinOut({ train, select, adopt }) {
      try {
        const { epochs } = await readHistory(store, train.outputs.history);
        const chosen = select.summary.epoch;
        return await thinCheckpoints(store, {
          ...{ fingerprint: train.fingerprint, epochs, chosen, adopt },
        });
      } catch (error) {
        throw translateFailure(error, never);
      }
    },
  };
}
