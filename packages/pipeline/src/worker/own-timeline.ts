import { Context } from '@temporalio/activity';
import { type StageTime, timelineOf } from '../record/timeline.ts';

/** How the stages went of the run that the activity belongs to; undefined where it cannot be read. */
export async function ownTimeline(): Promise<StageTime[] | undefined> {
  const { client, info, log } = Context.current();
  const { workflowId, runId } = info.workflowExecution!;
  try {
    return timelineOf(await client.workflow.getHandle(workflowId, runId).fetchHistory());
  } catch (error) {
    // A record without it is better than none.
    log.warn('The history of the run could not be read', { error });
    return undefined;
  }
}
