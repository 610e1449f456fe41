import { blobKey } from '@atelier/artifacts';
import type { Names, RunNames } from './document-names.ts';
import type { Listing } from './listing.ts';

/** All that a store holds, and what its documents name. */
export interface Census {
  objects: Pick<Listing, 'get' | 'has' | 'keys'>;
  /** By run; without the runs whose run.json is missing or cannot be read. */
  runs: ReadonlyMap<string, RunNames>;
  /** Runs whose run.json cannot be read, and why. */
  unreadableRuns: ReadonlyMap<string, string>;
  /** What a run's other documents name, by run. */
  notes: ReadonlyMap<string, readonly Names[]>;
  /** What stages' records name, by key. */
  records: ReadonlyMap<string, Names>;
  /**
   * What a training's history and epochs name, by fingerprint, without the checkpoints that need not
   * be there.
   */
  epochs: ReadonlyMap<string, readonly Names[]>;
  /**
   * The runs that a pointer names, or the newest decision of a registry's log, by its key; undefined
   * where it cannot be read.
   */
  pointers: ReadonlyMap<string, readonly string[] | undefined>;
}

/** Objects that are needed, and blobs that are named: their bytes by key. */
export interface Reached {
  keys: Set<string>;
  blobs: Map<string, number>;
}

export const trainingIn = (key: string): string | undefined => folderIn(key, 'stages/train/');
export const runIn = (key: string): string | undefined => folderIn(key, 'runs/');

/** Without a regular expression: what one finds is garbage of several times the key, a million times. */
function folderIn(key: string, prefix: string): string | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const end = key.indexOf('/', prefix.length);
  return end > prefix.length ? key.slice(prefix.length, end) : undefined;
}

/** The keys below each folder that is marked as one. */
export function keysBy(
  census: Pick<Census, 'objects'>,
  of: (key: string) => string | undefined,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const key of census.objects.keys()) {
    const name = of(key);
    if (name === undefined) continue;
    const keys = found.get(name);
    if (keys) keys.push(key);
    else found.set(name, [key]);
  }
  return found;
}

/** Follows the names in documents, from runs and records on. */
export function createReach(census: Census) {
  const ofTraining = keysBy(census, trainingIn);
  const ofRun = keysBy(census, runIn);

  return (from: {
    runs?: Iterable<string>;
    records?: Iterable<string>;
    names?: Iterable<Names> | undefined;
  }): Reached => {
    const reached: Reached = { keys: new Set(), blobs: new Map() };
    const trainings = new Set<string>();

    const visit = ({ blobs, records, trainings: named }: Names): void => {
      for (const [sha256, bytes] of blobs) {
        const key = blobKey({ sha256, bytes });
        reached.keys.add(key);
        reached.blobs.set(key, bytes);
      }
      for (const key of records) visitRecord(key);
      for (const training of named) visitTraining(training);
    };
    const visitRecord = (key: string): void => {
      if (reached.keys.has(key)) return;
      reached.keys.add(key);
      const names = census.records.get(key);
      if (names) visit(names);
      const [, training] = /^stages\/train\/([^/]+)\.json$/.exec(key) ?? [];
      if (training !== undefined) visitTraining(training);
    };
    const visitTraining = (training: string): void => {
      if (trainings.has(training)) return;
      trainings.add(training);
      for (const key of ofTraining.get(training) ?? []) reached.keys.add(key);
      visitRecord(`stages/train/${training}.json`);
      for (const names of census.epochs.get(training) ?? []) visit(names);
    };

    for (const run of from.runs ?? []) {
      for (const key of ofRun.get(run) ?? []) reached.keys.add(key);
      const found = census.runs.get(run);
      if (found) visit(found.names);
      for (const names of census.notes.get(run) ?? []) visit(names);
    }
    for (const names of from.names ?? []) visit(names);
    for (const key of from.records ?? []) {
      const training = trainingIn(key);
      if (training === undefined) visitRecord(key);
      else visitTraining(training);
    }
    return reached;
  };
}
