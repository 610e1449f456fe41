import type { Proxies } from '@atelier/addresses';
import type { CodeIdentity } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import { expectationOf } from '@atelier/settings';
import { Context } from '@temporalio/activity';
import type { Disks } from '../disk-space.ts';
import type { ProgressReport } from '../progress.ts';
import type { Store } from '../run-store.ts';
import type { InputOf, OutcomeOf, StageOutcome, StagePlan } from '../stages/plan.ts';
import type { TrainingSlots } from '../stages/train/training-slots.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { workerIdentity } from '../worker/worker-identity.ts';
import { reportProgress } from '../workflow/messages.ts';
import type { BlobFiles } from './blob-files.ts';
import { answerReset } from './held-activities.ts';
import { openProgressSender, type ProgressSender } from './progress-sender.ts';
import { translateFailure } from './translate-failure.ts';

/** What stages may use of the worker that they run on. */
export interface StageDependencies {
  store: Store;
  files: BlobFiles;
  /** Downloads, blobs as files and training scratch; all of it can be made again. */
  cacheDirectory: string;
  disks: Disks;
  /** On the way to a dataset's mirrors. */
  proxies: Proxies;
  slots: TrainingSlots;
  telemetry: Telemetry;
  /** Whether a person has to have signed what is put in use (ATELIER_VERIFY_KEY). */
  demandsSignature: boolean;
}

export interface StageContext {
  signal: AbortSignal;
  tell: ProgressSender['tell'];
  /** Shown beside the running activity in the Temporal UI. */
  heartbeatDetails(details: unknown): void;
  log: Context['log'];
  /** The code that does the work. */
  code: CodeIdentity;
}

/** How a stage does its work, opened once for each worker. */
export type StageWorker<Plan extends StagePlan> = (
  dependencies: StageDependencies,
) => (input: InputOf<Plan>, context: StageContext) => Promise<OutcomeOf<Plan>>;

const beat = 1_000;
/** How long Temporal may take to answer before it counts as away. */
const patience = 10_000;

/**
 * Makes a stage's body an activity: it gets its input in the form of the plan; heartbeats, so that
 * a lost worker is noticed and a cancellation arrives; tells its workflow how it goes; and fails in
 * Temporal's terms.
 */
export function stageActivity<Plan extends Pick<StagePlan, 'name' | 'input'>, Output>(
  plan: Plan,
  body: (input: InputOf<Plan>, context: Omit<StageContext, 'code'>) => Promise<Output>,
): (input: unknown) => Promise<Output> {
  return async (given) => {
    const activity = Context.current();
    const { cancellationSignal: signal, log } = activity;
    let details: unknown;
    const heart = setInterval(() => activity.heartbeat(details), beat);
    const progress = openProgressSender(plan.name, (report) =>
      untied(activity, () => signalWorkflow(activity, report)),
    );
    try {
      return await body(parseInput(plan, given), {
        signal,
        tell: progress.tell,
        heartbeatDetails: (value) => {
          details = value;
        },
        log,
      });
    } catch (error) {
      const asked = activity.cancellationDetails;
      if (asked?.paused) progress.tell({ doing: 'paused by a person' });
      if (asked?.notFound)
        await untied(activity, () => answerReset(activity, workerIdentity())).catch((problem) =>
          log.warn('A reset could not be answered', { error: problem }),
        );
      throw translateFailure(error, signal, asked);
    } finally {
      await Promise.race([progress.close(), new Promise((done) => setTimeout(done, 2 * beat))]);
      clearInterval(heart);
    }
  };
}

/**
 * A stage's input in today's form. It may come from a run that began on older code: fields that did
 * not exist then get their defaults here, once, so that all that follows compares like with like.
 */
function parseInput<Plan extends Pick<StagePlan, 'name' | 'input'>>(
  { name, input }: Plan,
  given: unknown,
): InputOf<Plan> {
  const { data, error } = input.safeParse(withSettings(given));
  if (error === undefined) return data as InputOf<Plan>;
  const issue = error.issues[0]!;
  throw new UserError({
    what: `Stage ${name} cannot work with what the run gives it.`,
    where: issue.path.map(String).join('.') || 'its input',
    expected: expectationOf(issue),
    found: 'something else',
    remedy: 'abort this run and start it again with this version of Atelier',
  });
}

/** A run of an earlier version has its stage's settings beside the other inputs. */
function withSettings(given: unknown): unknown {
  const { mirrors, threads, batch, ...input } = given as Record<string, unknown>;
  if (input.settings !== undefined) return input;
  return { ...input, settings: { mirrors, threads, evaluationBatch: batch } };
}

/** Lays the files that people look for into the run's own folder. */
export async function publishFiles(
  store: Store,
  { files, published = [] }: StagePlan,
  run: string,
  { outputs }: StageOutcome,
): Promise<void> {
  for (const name of published)
    await store.putRunFile(run, name, await store.getBlob(outputs[files[name]!]!));
}

async function signalWorkflow({ client, info }: Context, report: ProgressReport): Promise<void> {
  const { workflowId, runId } = info.workflowExecution!;
  await client.workflow.getHandle(workflowId, runId).signal(reportProgress, report);
}

/** Unless told otherwise, an activity's client does nothing more once the activity is interrupted. */
const untied = async <T>({ client }: Context, work: () => Promise<T>): Promise<T> =>
  client.withAbortSignal(AbortSignal.timeout(patience), work);
