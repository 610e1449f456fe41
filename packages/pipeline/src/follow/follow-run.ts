import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import type { RunHandle } from '../commands/find-run.ts';
import type { Session } from '../commands/session.ts';
import type { Progress } from '../progress.ts';
import type { Console } from '../terminal/console.ts';
import { progressQuery } from '../workflow/messages.ts';
import { openAttemptNews } from './attempt-news.ts';
import { openProgressPrinter } from './progress-printer.ts';
import { awaitEnding, type Ending, forgotten } from './run-ending.ts';

// A look takes time from the run: twice as many made a default run 4 s longer in 70.
const interval = 1_000;
const queryTimeout = 5_000;
/** Every how many polls the attempts are looked at, too. */
const attemptsEvery = 2;

/**
 * Shows a run's progress until it ends or waits for a person. A worker or a Temporal that is away
 * for a while is waited for.
 */
export async function followRun(
  { client }: Session,
  handle: RunHandle,
  console: Console,
  printer = openProgressPrinter(console),
): Promise<Ending> {
  const attemptNews = openAttemptNews(handle);
  let ending: Ending | undefined;
  const over = awaitEnding(handle).then((end) => {
    ending = end;
  });
  // Whoever polls first says what is wrong; the other must not end the process.
  over.catch(() => {});
  let silent = 0;

  const poll = async (): Promise<Progress | undefined> => {
    try {
      const progress = await client.connection.withDeadline(Date.now() + queryTimeout, () =>
        handle.query(progressQuery, printer.afterEpoch),
      );
      silent = 0;
      return progress;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw forgotten(handle);
      if (!isGrpcServiceError(error) && !/query/i.test(String(error))) throw error;
      silent += 1;
      return undefined;
    }
  };

  for (let round = 0; ; round++) {
    const ended = ending;
    const progress = await poll();
    if (progress) printer.update(progress);
    if (ended) {
      console.clear();
      return ended;
    }
    if (progress?.attention) {
      console.clear();
      return { kind: 'parked', attention: progress.attention };
    }
    if (silent === 1) console.status('  waiting for a worker to answer …');
    if (silent === 3)
      console.warn('! No worker answers: `npx atelier status` and `npx atelier logs` say more.');
    if (round % attemptsEvery === attemptsEvery - 1)
      for (const text of await attemptNews().catch(() => [])) console.warn(`! ${text}`);
    // The end is shown at once, not with the next look.
    await Promise.race([sleep(interval), over]);
  }
}
