import { setTimeout as sleep } from 'node:timers/promises';

export interface CommitQueue<T> {
  /** Resolves at once while there is room; a full queue makes the caller wait. */
  add(item: T): Promise<void>;
  /** Resolves when everything added is committed; rejects with the failure that ended it. */
  settled(): Promise<void>;
  /** Gives up what is still waiting; nothing is begun any more. */
  stop(): void;
}

export interface CommitQueueOptions<T> {
  /** Items that may wait. */
  capacity: number;
  /** @param stopped the queue is given up: what has not begun to count must not count any more */
  commit(item: T, stopped: AbortSignal): Promise<void>;
  /** Whether a failure may be gone after a while. */
  passes(error: unknown): boolean;
  /** How long a store that does not answer is waited for. */
  patienceMs: number;
  /** Told about every failed try. */
  onRetry(error: Error, item: T): void;
  /** Told how the number of items changes that are waiting or being committed. */
  onLength(change: 1 | -1): void;
}

const pauses = { first: 250, longest: 10_000 };

/**
 * Commits one item after another while the producer goes on, and waits out a store that is slow
 * or away. The first failure that waiting cannot mend ends it, and is thrown from then on.
 */
export function openCommitQueue<T>(options: CommitQueueOptions<T>): CommitQueue<T> {
  let tail = Promise.resolve();
  let waiting = 0;
  let failed: { error: unknown } | undefined;
  const stopped = new AbortController();
  let room: (() => void) | undefined;

  const run = async (item: T): Promise<void> => {
    try {
      if (failed === undefined) await commitPatiently(item, options, stopped.signal);
    } catch (error) {
      failed = { error };
    } finally {
      waiting -= 1;
      options.onLength(-1);
      room?.();
    }
  };
  const check = (): void => {
    if (failed !== undefined) throw failed.error;
  };

  return {
    async add(item) {
      waiting += 1;
      options.onLength(1);
      tail = tail.then(() => run(item));
      if (waiting > options.capacity)
        await new Promise<void>((resolve) => {
          room = resolve;
        });
      check();
    },
    async settled() {
      await tail;
      check();
    },
    stop() {
      stopped.abort();
      failed ??= { error: stopped.signal.reason };
    },
  };
}

async function commitPatiently<T>(
  item: T,
  { commit, passes, patienceMs, onRetry }: CommitQueueOptions<T>,
  stopped: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let pause = pauses.first; ; pause = Math.min(2 * pause, pauses.longest)) {
    try {
      return await commit(item, stopped);
    } catch (error) {
      const isLate = performance.now() + pause > deadline;
      if (stopped.aborted || isLate || !passes(error)) throw error;
      onRetry(error as Error, item);
    }
    await sleep(pause, undefined, { signal: stopped });
  }
}
