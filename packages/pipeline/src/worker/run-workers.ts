import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { pipelineQueue, trainQueue } from '../names.ts';
import { nightActivities } from '../nights/night-activities.ts';
import { type PruneMeans, pruneActivities } from '../retention/prune-activities.ts';
import { thinningActivities } from '../retention/thinning-activity.ts';
import { runRecordActivities, type Tell } from '../run-record.ts';
import { sourceActivities } from '../source/source-activities.ts';
import { createStageActivities, type WorkerMeans } from '../stages/activities.ts';
import { activitySpans } from '../telemetry/activity-spans.ts';
import { ownTimeline } from './own-timeline.ts';
import { workerIdentity } from './worker-identity.ts';

export const workerRoles = ['pipeline', 'train'] as const;
/** Which queues a worker serves; a machine with a GPU may serve `train` alone. */
export type WorkerRole = (typeof workerRoles)[number];

export interface WorkersOptions extends WorkerMeans {
  connection: NativeConnection;
  namespace: string;
  roles: readonly WorkerRole[];
  tell: Tell;
  prune: PruneMeans;
  /** The workflows' code; needed by the role `pipeline`. */
  bundle(): Promise<string>;
}

/**
 * Makes the workers of one process; each `run()` ends when the process is told to shut down.
 * A worker that is told so stops polling, lets short activities end and gives training back,
 * the current commit included.
 */
export async function createWorkers(options: WorkersOptions): Promise<Worker[]> {
  const { connection, namespace, store, code, trainingCapacity, telemetry } = options;
  const shared: Omit<WorkerOptions, 'taskQueue'> = {
    connection,
    namespace,
    identity: workerIdentity(),
    workerDeploymentOptions: {
      version: { deploymentName: 'atelier', buildId: code.sources.slice(0, 16) },
      useWorkerVersioning: false,
    },
    interceptors: { activity: [activitySpans(telemetry)] },
    // Heartbeats carry cancellations back: rarer ones would delay them.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownForceTime: '8s',
    // How long a workflow waits for a worker that was killed before another one takes it.
    stickyQueueScheduleToStartTimeout: '3s',
  };
  const workers: Worker[] = [];
  if (options.roles.includes('pipeline'))
    workers.push(
      await Worker.create({
        ...shared,
        taskQueue: pipelineQueue,
        workflowBundle: { code: await options.bundle() },
        activities: {
          ...runRecordActivities(store, code, ownTimeline, options.tell),
          ...thinningActivities(store),
          ...pruneActivities(options.prune),
          ...nightActivities,
          ...sourceActivities(options),
          ...(await createStageActivities(pipelineQueue, options)),
        },
        maxConcurrentActivityTaskExecutions: 8,
        shutdownGraceTime: '4s',
      }),
    );
  if (options.roles.includes('train'))
    workers.push(
      await Worker.create({
        ...shared,
        taskQueue: trainQueue,
        activities: await createStageActivities(trainQueue, options),
        maxConcurrentActivityTaskExecutions: trainingCapacity,
        shutdownGraceTime: '10ms',
      }),
    );
  return workers;
}

/** Runs all until each has shut down; the failure of one shuts the others down. */
export async function runWorkers(workers: readonly Worker[]): Promise<void> {
  const running = workers.map((worker) =>
    worker.run().catch((error) => {
      for (const other of workers) if (other.getState() === 'RUNNING') other.shutdown();
      throw error;
    }),
  );
  const ends = await Promise.allSettled(running);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
