import type { LabelsOf, Metrics } from '@atelier/telemetry';
import { type Disks, spaceAt } from '../disk-space.ts';
import { type GoingSchedule, scheduleIdOf } from '../nights/schedules.ts';
import { readIndex } from '../record/run-index.ts';
import type { RunRow } from '../record/run-row.ts';
import { runStatuses } from '../record/run-status.ts';
import type { Store } from '../run-store.ts';

export interface StoreReadings {
  /** Reads anew what is too old by now; beside whoever asks, who gets what is known. */
  renew(): void;
}

/** Milliseconds for which what was read is new enough. */
const age = 60_000;
/** What takes long is read more rarely: at most a hundredth of the time something is read. */
const rest = 100;

/**
 * What only the store and the disks know: runs by status, the last finished night, bytes. It is read
 * at most once a minute, what takes long more rarely, and only while somebody asks.
 * @param isOfPipeline whether this worker tells of runs, too, or a machine that trains of its disk alone
 */
export function openStoreReadings(
  {
    store,
    disks,
    metrics,
    schedules,
    warn,
  }: {
    store: Store;
    disks: Pick<Disks, 'folders' | 'low'>;
    metrics: Metrics;
    /** Those that are to start runs. */
    schedules(): Promise<readonly GoingSchedule[]>;
    /** Told that something cannot be read; again only when all could in between. */
    warn(error: Error): void;
  },
  isOfPipeline: boolean,
  now: () => number = Date.now,
): StoreReadings {
  const ofDisks = (): Promise<void> => readDisks(disks, metrics);
  const ofIndex = async (): Promise<void> => {
    const { rows = [] } = (await readIndex(store, undefined, () => false)) ?? {};
    metrics.replace('runs', countsByStatus(rows));
    metrics.set('indexRead', {}, now() / 1000);
    const going = await schedules();
    const names = going.map(({ name }) => name);
    metrics.replace('lastFinishedNight', lastFinishedNights(rows, names));
    metrics.replace(
      'scheduleCreated',
      going.map(({ name, createdAt }) => [{ schedule: name }, createdAt.getTime() / 1000]),
    );
  };
  const ofListing = async (): Promise<void> => {
    const folders = await byFolder(store);
    metrics.replace(
      'storedBytes',
      folders.map(([folder, { bytes }]) => [{ folder }, bytes]),
    );
    metrics.replace(
      'storedObjects',
      folders.map(([folder, { count }]) => [{ folder }, count]),
    );
  };

  if (isOfPipeline) metrics.set('indexRead', {}, 0);
  /** What could not be read when it was last tried. */
  const away = new Set<() => Promise<void>>();
  const renewing = (isOfPipeline ? [ofDisks, ofIndex, ofListing] : [ofDisks]).map((read) => {
    let due = Number.NEGATIVE_INFINITY;
    let reading = false;
    return async (): Promise<void> => {
      if (reading || now() < due) return;
      const begun = now();
      reading = true;
      due = begun + age;
      try {
        await read();
        due = Math.max(due, begun + rest * (now() - begun));
        away.delete(read);
      } catch (error) {
        if (away.size === 0) warn(error as Error);
        away.add(read);
      } finally {
        reading = false;
      }
    };
  });
  return {
    renew() {
      for (const renew of renewing) void renew();
    },
  };
}

async function readDisks({ folders, low }: Pick<Disks, 'folders' | 'low'>, metrics: Metrics) {
  metrics.set('diskLow', {}, low);
  for (const [folder, path] of Object.entries(folders))
    metrics.set('diskFree', { folder }, (await spaceAt(folder, path)).free);
}

type Values<Key extends 'runs' | 'lastFinishedNight'> = (readonly [LabelsOf<Key>, number])[];

/** Of every status there is, also of those that no run has. */
const countsByStatus = (rows: readonly Pick<RunRow, 'status'>[]): Values<'runs'> =>
  runStatuses.map((status) => [{ status }, rows.filter((row) => row.status === status).length]);

/**
 * Of every schedule that has finished a night, in seconds since 1970.
 * @param schedules a schedule that is gone or paused finishes no night, and nobody is to miss it
 */
export function lastFinishedNights(
  rows: readonly Pick<RunRow, 'status' | 'startedBy' | 'finishedAt'>[],
  schedules: readonly string[],
): Values<'lastFinishedNight'> {
  return schedules.flatMap((schedule): Values<'lastFinishedNight'> => {
    const times = rows.flatMap(({ status, startedBy, finishedAt }) =>
      status === 'finished' &&
      startedBy?.kind === 'schedule' &&
      startedBy.name === scheduleIdOf(schedule) &&
      finishedAt !== undefined
        ? [Date.parse(finishedAt) / 1000]
        : [],
    );
    return times.length === 0 ? [] : [[{ schedule }, times.reduce((a, b) => Math.max(a, b))]];
  });
}

const folders = [
  'blobs',
  'stages',
  'runs',
  'registry',
  'index',
  'outbox',
  'retention',
  'set-aside',
];

/** What lies right in the bucket, or in a folder that no version knows, is `other`. */
async function byFolder(
  store: Pick<Store, 'listAll'>,
): Promise<[string, { count: number; bytes: number }][]> {
  const found = new Map([...folders, 'other'].map((name) => [name, { count: 0, bytes: 0 }]));
  await store.listAll(({ key, bytes }) => {
    const [first] = key.split('/', 1);
    const sum = found.get(first!) ?? found.get('other')!;
    sum.count += 1;
    sum.bytes += bytes;
  });
  return [...found];
}
