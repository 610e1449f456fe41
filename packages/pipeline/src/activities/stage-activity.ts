import { Context } from '@temporalio/activity';
import type { StageInput, StageName } from '../contract.ts';
import type { ProgressReport } from '../progress.ts';
import { workerIdentity } from '../worker/worker-identity.ts';
import { answerReset } from './answer-reset.ts';
import { openProgressSender, type ProgressSender } from './progress-sender.ts';
import { translateFailure } from './translate-failure.ts';

export interface StageContext {
  signal: AbortSignal;
  tell: ProgressSender['tell'];
  /** Shown beside the running activity in the Temporal UI. */
  heartbeatDetails(details: unknown): void;
  log: Context['log'];
}

const beat = 1_000;
/** How long Temporal may take to answer before it counts as away. */
const patience = 10_000;

/**
 * Makes a stage's body an activity: it heartbeats, so that a lost worker is noticed and a
 * cancellation arrives; tells its workflow how it goes; and fails in Temporal's terms.
 */
export function stageActivity<Input extends StageInput, Output>(
  stage: StageName,
  body: (input: Input, context: StageContext) => Promise<Output>,
): (input: Input) => Promise<Output> {
  return async (input) => {
    const activity = Context.current();
    const { cancellationSignal: signal, log } = activity;
    let details: unknown;
    const heart = setInterval(() => activity.heartbeat(details), beat);
    const progress = openProgressSender(stage, (report) =>
      untied(activity, () => signalWorkflow(activity, report)),
    );
    try {
      return await body(withSettings(input), {
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

/** A run of an earlier version has its stage's settings beside the other inputs. */
function withSettings<Input extends StageInput>(
  input: Input & { mirrors?: string[]; threads?: number; batch?: number },
): Input {
  const { mirrors, threads, batch } = input;
  if (input.settings !== undefined) return input;
  const given = Object.entries({ mirrors, threads, evaluationBatch: batch });
  const settings = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return { ...input, settings };
}

async function signalWorkflow({ client, info }: Context, report: ProgressReport): Promise<void> {
  const { workflowId, runId } = info.workflowExecution!;
  await client.workflow.getHandle(workflowId, runId).signal('reportProgress', report);
}

/** Unless told otherwise, an activity's client does nothing more once the activity is interrupted. */
const untied = async <T>({ client }: Context, work: () => Promise<T>): Promise<T> =>
  client.withAbortSignal(AbortSignal.timeout(patience), work);
