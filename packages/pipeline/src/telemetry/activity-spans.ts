import type { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { RunIdentity } from '../stages/index.ts';
import type { Telemetry } from './telemetry.ts';

/**
 * A span for each attempt at an activity, below that of its run. It takes no header from the
 * workflow, whose code and histories are the same with and without traces.
 */
export const activitySpans =
  ({ tracing }: Telemetry): ActivityInterceptorsFactory =>
  ({ info }: Context) => ({
    inbound: {
      execute(input, next) {
        const { activityType, attempt, taskQueue, workflowExecution } = info;
        const { workflowId, runId } = workflowExecution!;
        const attributes = {
          'atelier.workflow': workflowId,
          'atelier.activity.attempt': attempt,
          'atelier.queue': taskQueue,
        };
        const fields = { name: `activity ${activityType}`, attributes };
        return tracing.within(fields, () => next(input), executionOf(input.args[0]) ?? runId);
      },
    },
  });

/** A run keeps its own id where a reset gives the workflow another one. */
const executionOf = (input: unknown): string | undefined =>
  (input as { run?: Partial<RunIdentity> } | undefined)?.run?.executionId;
