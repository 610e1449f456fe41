import { type ActivityInterfaceFor, patched, proxyActivities } from '@temporalio/workflow';
import type { weighingType } from '../names.ts';
import type { Weighing } from '../registry/approval.ts';
import type { ThinningActivities } from '../retention/thinning-activity.ts';
import type { RunConfig } from '../run-configuration.ts';
import type { RunRecordActivities } from '../run-record.ts';
import { type Outcomes, type StageName, type StagePlan, stagePlans } from '../stages/index.ts';
import { promotePlan } from '../stages/promote/plan.ts';

/**
 * A cancelled run waits for the end of the stage it is in, and ends as finished where only closing
 * it was left. Histories of runs that did neither replay as they are. Read once, at a run's start:
 * a later question would be answered for the rest of the run alone.
 */
export const cancelsInOrder = (): boolean => patched('cancelled-stages-end-first');

/** Whether a run has its record told when it parks and goes on. Read once, at its start, as above. */
export const keepsRecord = (): boolean => patched('runs-on-record');

/** Whether a run thins out its checkpoints. Read once, at its start, as above. */
export const thinsOut = (): boolean => patched('checkpoints-thin-out');

/** Whether a run has a stage: one that began before the stage was brought in does without it. */
export const hasStage = ({ since, isWanted }: StagePlan, config: RunConfig): boolean =>
  (isWanted === undefined || isWanted(config)) && (since === undefined || patched(since));

// A user's failure is thrown as non-retryable. Eight attempts outlast a service that is away for a
// minute and a half; then the stage parks.
const retry = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  maximumAttempts: 8,
} as const;

// A worker that dies on a machine that lives is noticed by its successor, at once. This is for lost
// machines and networks, and so long that no overloaded machine is taken for a lost one.
const heartbeatTimeout = '30s';

/** Writes of a few kilobytes. */
export const records = proxyActivities<
  Pick<RunRecordActivities, 'openRun' | 'noteRun' | 'closeRun'>
>({
  startToCloseTimeout: '1m',
  retry,
});

const { maximumAttempts: _, ...patient } = retry;

/** The same for how a run stands, which may be for days because the store is away. */
export const notes = proxyActivities<Pick<RunRecordActivities, 'noteRun'>>({
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '30d',
  retry: { ...patient, maximumInterval: '5m' },
});

/** What the gate would decide: both models say what the gate split's images are. */
export const weighing = proxyActivities<{
  [weighingType](input: unknown): Promise<Weighing>;
}>({
  heartbeatTimeout,
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  startToCloseTimeout: promotePlan.timeout,
  retry,
  summary: 'Weigh the model against the one in use, before a person is asked',
});

/** A look at every training, and some hundred removals. */
export const thinning = proxyActivities<ThinningActivities>({ startToCloseTimeout: '10m', retry });

export type StageProxies = { [Name in StageName]: (input: unknown) => Promise<Outcomes[Name]> };

/**
 * One activity a stage, as its plan says.
 * @param inOrder see `cancelsInOrder`
 */
export function stageProxies(inOrder: boolean): StageProxies {
  const proxy = ({ activity, taskQueue, timeout, retry: own, title }: StagePlan) =>
    proxyActivities<ActivityInterfaceFor<Record<string, (input: unknown) => Promise<unknown>>>>({
      heartbeatTimeout,
      // A cancelled run is over when nothing commits for it any more.
      cancellationType: inOrder ? 'WAIT_CANCELLATION_COMPLETED' : 'TRY_CANCEL',
      startToCloseTimeout: timeout,
      retry: { ...retry, ...own },
      summary: title,
      ...(taskQueue === undefined ? {} : { taskQueue }),
    })[activity];
  return Object.fromEntries(stagePlans.map((plan) => [plan.name, proxy(plan)])) as never;
}
