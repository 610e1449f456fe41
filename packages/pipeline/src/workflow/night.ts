import {
  CancellationScope,
  condition,
  isCancellation,
  log,
  patched,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { hoursParked } from '../configuration/when-parked.ts';
import type { EarlierNights, NightActivities } from '../nights/night-activities.ts';
import type { Attention } from '../progress.ts';
import type { RunConfig } from '../run-configuration.ts';
import type { RunIdentity } from '../stages/index.ts';
import { explain, overtaken } from './failures.ts';
import { nextNight } from './messages.ts';

/** What a run does about the other nights of its schedule. */
export interface Night {
  /**
   * Tells earlier nights that this one is due, and waits while one of them goes on: two trainings of
   * one schedule side by side would only slow each other down.
   * @param waits says what is waited for
   * @throws ApplicationFailure, `Skipped`, where this night is not to be
   */
  awaitTurn(waits: (text: string) => void): Promise<void>;
  /**
   * Waits for a person's decision as long as this night may.
   * @throws ApplicationFailure, `GaveWay`, where that is over
   */
  waitParked(attention: Attention, decided: () => boolean): Promise<void>;
  /** The night that is due and takes over from one that waits; undefined while there is none. */
  successor(): string | undefined;
}

const announcing = proxyActivities<Pick<NightActivities, 'announceNight'>>({
  startToCloseTimeout: '1m',
  retry: { maximumAttempts: 8, maximumInterval: '30s' },
});

// An attempt is a look: however many it takes, they add nothing to the history.
const watching = proxyActivities<Pick<NightActivities, 'awaitNights'>>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '1m' },
});

/** Undefined for a run that no schedule started, or that began before nights gave way. */
export function beginNight(run: RunIdentity, config: RunConfig): Night | undefined {
  const { searchAttributes } = workflowInfo();
  const [scheduleId] = searchAttributes.TemporalScheduledById ?? [];
  const [due] = searchAttributes.TemporalScheduledStartTime ?? [];
  if (typeof scheduleId !== 'string' || !(due instanceof Date)) return undefined;
  if (!patched('nights-give-way')) return undefined;
  const { whenParked = 'next-night' } = config;
  const hours = hoursParked(whenParked);
  let next: string | undefined;
  setHandler(nextNight, (runId) => {
    next ??= String(runId);
  });

  /** @returns whether the next night is due before the earlier ones are over */
  async function overtakenBefore(earlier: readonly string[]): Promise<boolean> {
    const looking = new CancellationScope();
    const over = looking.run(() => watching.awaitNights(earlier));
    const isDue = condition(() => next !== undefined).then(() => true);
    const result = await Promise.race([over.then(() => false), isDue]);
    looking.cancel();
    await over.catch(() => {});
    return result;
  }

  return {
    async awaitTurn(waits) {
      const found = await announcing
        .announceNight({ scheduleId, run, due: due.toISOString() })
        .catch((error): EarlierNights => {
          if (isCancellation(error)) throw error;
          // What others do must not keep a night from its work.
          log.warn('Earlier nights are not known', { failure: explain(error).message });
          return { earlier: [] };
        });
      if (found.twin !== undefined)
        throw overtaken(
          'skipped',
          `This time of night came twice: ${found.twin} ran at the first.`,
        );
      const { earlier } = found;
      if (earlier.length === 0) return;
      waits(`waiting for ${earlier.join(', ')} of the same schedule`);
      if (await overtakenBefore(earlier))
        throw overtaken('skipped', `${earlier.join(', ')} still went on when ${next} was due.`);
    },
    successor: () => (whenParked === 'next-night' ? next : undefined),
    async waitParked({ stage, message }, decided) {
      if (hours !== undefined) {
        if (await condition(decided, `${hours}h`)) return;
        throw overtaken(
          'gaveWay',
          `Stage ${stage} failed, and nobody had mended it after ${hours} h: ${message}`,
        );
      }
      await condition(() => decided() || (next !== undefined && whenParked === 'next-night'));
      if (decided()) return;
      throw overtaken(
        'gaveWay',
        `Stage ${stage} failed, and nobody had mended it when ${next} was due: ${message}`,
      );
    },
  };
}
