import { UserError } from '@atelier/errors';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { runIdOf, workflowIdOf, workflowType } from '../names.ts';
import type { trainingPipeline } from '../workflow/index.ts';

export type RunHandle = WorkflowHandle<typeof trainingPipeline>;

/**
 * A run by its id, or the one started last.
 * @param only among which runs `latest` is looked for
 * @throws UserError where there is none
 */
export async function findRun(
  client: Client,
  run: string,
  only: 'open' | 'all' = 'all',
): Promise<RunHandle> {
  const workflowId = run === 'latest' ? await latest(client, only) : workflowIdOf(runIdOf(run));
  const handle = client.workflow.getHandle<typeof trainingPipeline>(workflowId);
  try {
    await handle.describe();
  } catch (error) {
    if ((error as Error).name !== 'WorkflowNotFoundError') throw error;
    throw new UserError({
      what: `Temporal knows no run ${runIdOf(run)}.`,
      remedy: '`atelier runs` lists the runs',
    });
  }
  return handle;
}

async function latest(client: Client, only: 'open' | 'all'): Promise<string> {
  const open = only === 'open' ? ' AND ExecutionStatus = "Running"' : '';
  const query = `WorkflowType = "${workflowType}"${open}`;
  let found: { workflowId: string; startTime: Date } | undefined;
  // The default order of a list is not the same on every kind of server.
  for await (const { workflowId, startTime } of client.workflow.list({ query }))
    if (found === undefined || startTime > found.startTime) found = { workflowId, startTime };
  if (found) return found.workflowId;
  throw new UserError({
    what: only === 'open' ? 'No run is going on.' : 'There are no runs yet.',
    remedy: '`atelier start` starts one, `atelier runs` lists them',
  });
}
