import { log, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { PruneActivities, PruneResult } from '../retention/prune-activities.ts';
import type { Keeping } from '../retention/removable-runs.ts';
import { explain } from './failures.ts';

// Another sweep, or a store that is away, may be over in an hour.
const pruning = proxyActivities<Pick<PruneActivities, 'prune'>>({
  startToCloseTimeout: '6h',
  heartbeatTimeout: '1m',
  retry: { initialInterval: '10s', maximumInterval: '10m', maximumAttempts: 10 },
  summary: 'Remove old runs and what no run needs',
});

const telling = proxyActivities<Pick<PruneActivities, 'tellPruneFailed'>>({
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '1d',
});

/** Removes old runs, as `atelier prune --yes` does; where that fails, somebody is told. */
export async function pruneRuns(keeping: Keeping): Promise<PruneResult> {
  try {
    const result = await pruning.prune(keeping);
    const { runs, objects, bytes } = result;
    setCurrentDetails(`Removed: ${runs.length} runs, ${objects} objects, ${bytes} bytes.`);
    return result;
  } catch (error) {
    const { message } = explain(error);
    log.warn('Old runs were not removed', { failure: message });
    await telling.tellPruneFailed({ id: workflowInfo().runId, message });
    throw error;
  }
}
