import { type Client, isGrpcServiceError } from '@temporalio/client';
import { workflowIdOf } from '../names.ts';

/** gRPC's status of what is not there. */
const notFound = 5;

/**
 * Has Temporal forget runs that are removed, which would be put on record again otherwise.
 * @returns the runs that it knows to be going on, and keeps
 */
export async function forgetExecutions(
  { workflow, workflowService, options: { namespace } }: Client,
  runs: readonly string[],
): Promise<string[]> {
  const open: string[] = [];
  for (const run of runs) {
    const workflowId = workflowIdOf(run);
    const executions: { runId: string; isOpen: boolean }[] = [];
    for await (const { runId, status } of workflow.list({ query: `WorkflowId = "${workflowId}"` }))
      executions.push({ runId, isOpen: status.name === 'RUNNING' });
    if (executions.some(({ isOpen }) => isOpen)) {
      open.push(run);
      continue;
    }
    for (const { runId } of executions) {
      const workflowExecution = { workflowId, runId };
      await workflowService
        .deleteWorkflowExecution({ namespace, workflowExecution })
        .catch((error) => {
          if (!isGrpcServiceError(error) || Number(error.code) !== notFound) throw error;
        });
    }
  }
  return open;
}
