import { UserError } from '@atelier/errors';
import { type Client, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { checkRunId } from '../configuration/run-id.ts';
import { runIdOf, workflowIdOf } from '../names.ts';
import { recordedCandidates, type Selection, select } from '../record/list-runs.ts';
import { runNamed } from '../record/tags.ts';
import { isOwn, listRuns } from '../record/temporal-runs.ts';
import type { Store } from '../run-store.ts';
import { searchable } from '../searchable.ts';
import { asUsage, CommandFailure, exitCodes } from '../terminal/exit.ts';
import type { trainingPipeline } from '../workflow/index.ts';
import { progressQuery } from '../workflow/messages.ts';
import type { Records, Session } from './session.ts';

export type RunHandle = WorkflowHandle<typeof trainingPipeline>;

/** A run to look at; without a handle where Temporal has forgotten it, or does not answer. */
export interface FoundRun {
  runId: string;
  handle?: RunHandle;
}

/**
 * A run to look at.
 * @param run its id or a tag, or `latest` for the one started last, which is none that trains a seed
 *   for another run
 * @throws UserError where there is none, CommandFailure for what cannot name one
 */
export async function findRun(
  { client, store }: Pick<Records, 'client' | 'store'>,
  run = 'latest',
): Promise<FoundRun> {
  if (run === 'latest') return latestRun(client, store);
  const runId = await runNamed(store, await asUsage(() => checkRunId(runIdOf(run), 'the run')));
  const handle = client && (await handleIfKnown(client, runId));
  if (handle !== undefined) return { runId, handle };
  if (await store.hasRunFile(runId, 'run.json')) return { runId };
  throw new UserError({
    what: `There is no run ${runId}, and no run has this tag.`,
    remedy: '`npx atelier runs` lists the runs',
  });
}

async function latestRun(client: Client | undefined, store: Store): Promise<FoundRun> {
  const [newest] = client === undefined ? [] : (await listRuns(client)).filter(isOwn);
  const last: Selection = { sort: 'started', limit: 1, isOwn: true };
  const { rows } = await recordedCandidates(store, last);
  const [recorded] = select(rows, last);
  const isLater = newest && !(Date.parse(recorded?.startedAt ?? '') > newest.startTime.getTime());
  if (client && newest && isLater)
    return { runId: runIdOf(newest.workflowId), handle: handleOf(client, newest) };
  if (recorded !== undefined) return { runId: recorded.runId };
  throw new UserError({ what: 'There are no runs yet.', remedy: '`npx atelier start` starts one' });
}

/**
 * A run to change. One that is not named is never guessed: it has to be the only one.
 * @param among the runs that the change is possible for
 * @throws UserError where there is none, CommandFailure where there are several
 */
export async function findRunToChange(
  session: Session,
  run: string | undefined,
  among: 'open' | 'parked',
): Promise<RunHandle> {
  const { client } = session;
  if (run !== undefined && run !== 'latest') return knownRun(client, run);
  const open = await openRuns(client);
  const candidates = among === 'open' ? open : await parkedOf(session, open);
  const [only, ...others] = candidates;
  if (only === undefined)
    throw new UserError({
      what: among === 'open' ? 'No run is going on.' : 'No run is parked: none waits for you.',
      remedy: '`npx atelier runs` lists the runs',
    });
  if (others.length === 0 || run === 'latest') return only;
  const failure = new UserError({
    what: `${candidates.length} runs ${among === 'open' ? 'are going on' : 'are parked'}.`,
    where: 'the run',
    expected: 'the name of one of them',
    found: `none; there are ${candidates.map(({ workflowId }) => runIdOf(workflowId)).join(', ')}`,
  });
  throw new CommandFailure(failure.message, exitCodes.usage);
}

async function knownRun(client: Client, run: string): Promise<RunHandle> {
  const runId = await asUsage(() => checkRunId(runIdOf(run), 'the run'));
  const handle = await handleIfKnown(client, runId);
  if (handle !== undefined) return handle;
  throw unknownRun(runId);
}

const unknownRun = (runId: string): UserError =>
  new UserError({
    what: `Temporal knows no run ${runId}.`,
    remedy: '`npx atelier runs` lists the runs',
  });

/** Undefined where Temporal knows no such run. */
async function handleIfKnown(client: Client, runId: string): Promise<RunHandle | undefined> {
  const handle = handleOf(client, { workflowId: workflowIdOf(runId) });
  try {
    await handle.describe();
    return handle;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

const handleOf = (client: Client, { workflowId }: { workflowId: string }): RunHandle =>
  client.workflow.getHandle<typeof trainingPipeline>(workflowId);

/** A list is a little behind: what has ended meanwhile is left out. */
async function openRuns(client: Client): Promise<RunHandle[]> {
  const listed = await listRuns(client, ' AND ExecutionStatus = "Running"');
  // What is done to a run is done to those that train its seeds.
  const handles = listed.filter(isOwn).map((run) => handleOf(client, run));
  return filter(handles, async (handle) => (await handle.describe()).status.name === 'RUNNING');
}

const answerTime = 10_000;

/** Asks the runs themselves; where no worker answers for one, its search attribute tells. */
const parkedOf = ({ connection }: Session, runs: readonly RunHandle[]): Promise<RunHandle[]> =>
  filter(runs, async (handle) => {
    try {
      const { status } = await connection.withDeadline(Date.now() + answerTime, () =>
        handle.query(progressQuery, Number.MAX_SAFE_INTEGER),
      );
      return status === 'parked';
    } catch {
      const { typedSearchAttributes } = await handle.describe();
      return typedSearchAttributes.get(searchable.attention) !== undefined;
    }
  });

async function filter<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<T[]> {
  const verdicts = await Promise.all(items.map(test));
  return items.filter((_, i) => verdicts[i]);
}
