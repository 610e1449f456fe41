import type { Client } from '@temporalio/client';
import { scheduledConfigurations } from '../nights/schedules.ts';
import { forgetExecutions } from '../record/forget-executions.ts';
import { forgetGoneRuns } from '../record/run-index.ts';
import type { Store } from '../run-store.ts';
import { workerIdentity } from '../worker/worker-identity.ts';
import type { Census } from './census.ts';
import { usualTerms } from './condemned.ts';
import { namesOfConfiguration } from './document-names.ts';
import { readCensus } from './read-census.ts';
import { type Swept, sweep } from './sweep.ts';

export interface RemovedRuns extends Swept {
  /** Runs that were chosen and stay, since Temporal says that they go on. */
  open: string[];
}

/**
 * Removes runs from Temporal, the store and the index, and everything that no other run needs, nor
 * a schedule for its nights.
 * @param choose which runs go
 * @param clock by which it is told how old things are: milliseconds since 1970
 */
export async function removeRuns(
  { store, client }: { store: Store; client: Client },
  choose: (census: Census) => string[],
  clock: () => number = Date.now,
): Promise<RemovedRuns> {
  const chosen = choose(await readCensus(store));
  // First, since a run that Temporal knows and the store does not is put on record again.
  const open = await forgetExecutions(client, chosen);
  const runs = chosen.filter((run) => !open.includes(run));
  const needed = async () => (await scheduledConfigurations(client)).map(namesOfConfiguration);
  const swept = await sweep(store, { ...usualTerms, runs, needed, clock, by: workerIdentity() });
  // Also those whose removal was cut off before they were taken off the list.
  await forgetGoneRuns(store);
  return { ...swept, open };
}
