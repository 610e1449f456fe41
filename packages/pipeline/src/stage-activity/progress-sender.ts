import type { EpochLine, ProgressReport } from '../progress.ts';

type News = Omit<ProgressReport, 'stage'>;

export interface ProgressSender {
  /** Merges news into the next report. */
  tell(news: News): void;
  /** Sends what is left and stops. */
  close(): Promise<void>;
}

const shortest = 1_000;
// A signal is an event in the workflow's history, which may hold 50,000: with intervals that grow
// by 1 % of the time passed, a stage of an hour sends 240 reports and one of a month 900.
const growth = 0.01;

/**
 * Sends a running stage's news to its workflow, at most once a second. Progress is for people: a
 * report that cannot be sent is tried again with the next one, never an error.
 */
export function openProgressSender(
  stage: string,
  send: (report: ProgressReport) => Promise<void>,
): ProgressSender {
  const opened = performance.now();
  let pending: News = {};
  let sending = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const flush = (): Promise<void> => {
    const news = pending;
    if (Object.keys(news).length === 0) return sending;
    pending = {};
    sending = sending.then(async () => {
      try {
        await send({ stage, ...news });
      } catch {
        pending = merge(news, pending);
      }
    });
    return sending;
  };

  const schedule = (): void => {
    const wait = Math.max(shortest, growth * (performance.now() - opened));
    timer = setTimeout(() => flush().then(schedule), wait);
    timer.unref();
  };

  return {
    tell(news) {
      pending = merge(pending, news);
      if (timer !== undefined) return;
      schedule();
      void flush();
    },
    async close() {
      clearTimeout(timer);
      await sending;
      await flush();
      clearTimeout(timer);
    },
  };
}

function merge(older: News, newer: News): News {
  const epochs: EpochLine[] = [...(older.epochs ?? []), ...(newer.epochs ?? [])];
  const notices = [...(older.notices ?? []), ...(newer.notices ?? [])];
  const doing = newer.doing ?? older.doing;
  return {
    ...(doing === undefined ? {} : { doing }),
    ...(epochs.length > 0 ? { epochs } : {}),
    ...(notices.length > 0 ? { notices } : {}),
  };
}
