import { blobRefSchema } from '@atelier/artifacts';
import { z } from 'zod';
import { eachAtOnce } from '../at-once.ts';
import { readLatestRun } from '../latest-run.ts';
import { isOver } from '../record/run-status.ts';
import type { Store } from '../run-store.ts';
import { type Census, createReach, type Reached, trainingIn } from './census.ts';

/** Something that is not as the records promise. */
interface Damage {
  key: string;
  problem: string;
  /** The runs that need it. */
  runs: string[];
}

export interface Inspection {
  /** Blobs that were read, and their bytes. */
  blobs: number;
  bytes: number;
  damage: Damage[];
}

/** Blobs that are read at once: each is held in memory. */
const atOnce = 4;

/**
 * Reads everything that runs need: whether what records and pointers name is there, whether records
 * can be read, and whether every blob has the bytes of its name.
 * @param only these runs; all of them, and all pointers, unless given
 * @param onBlob told of each blob that was read
 */
export async function findDamage(
  store: Store,
  census: Census,
  only: readonly string[] | undefined,
  onBlob: (done: number, of: number) => void = () => {},
): Promise<Inspection> {
  const reach = createReach(census);
  const runs = only ?? [...census.runs.keys()];
  const byRun = new Map(runs.map((run) => [run, reach({ runs: [run] })]));
  const found: Omit<Damage, 'runs'>[] = [
    ...(only ? [] : await pointerDamage(store, census)),
    ...namedRecords(census, runs),
    ...(await recordDamage(store, census, byRun.values())),
  ];

  const blobs = new Map([...byRun.values()].flatMap((reached) => [...reached.blobs]));
  let done = 0;
  await eachAtOnce([...blobs], atOnce, async ([key, bytes]) => {
    const sha256 = key.slice(key.lastIndexOf('/') + 1);
    const fault = await store.inspectBlob({ sha256, bytes }, 'content');
    if (fault !== undefined) found.push({ key, problem: fault });
    done += 1;
    onBlob(done, blobs.size);
  });

  const needing = (key: string): string[] =>
    runs.filter((run) => byRun.get(run)!.keys.has(key) || key.startsWith(`runs/${run}/`));
  return {
    blobs: blobs.size,
    bytes: [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0),
    damage: found.map((damage) => ({ ...damage, runs: needing(damage.key) })),
  };
}

async function pointerDamage(store: Store, census: Census): Promise<Omit<Damage, 'runs'>[]> {
  const { problem } = await readLatestRun(store);
  return [
    ...(problem === undefined ? [] : [{ key: 'registry/latest.json', problem }]),
    ...[...census.unreadableRuns].map(([run, why]) => ({
      key: `runs/${run}/run.json`,
      problem: why,
    })),
    ...[...census.pointers].flatMap(([key, named]) => {
      if (named === undefined) return [{ key, problem: 'it cannot be read' }];
      const gone = named.find((run) => !census.runs.has(run));
      return gone === undefined ? [] : [{ key, problem: `there is no run ${gone}` }];
    }),
  ];
}

/** Records that a run which is over names, and that are gone. */
const namedRecords = (census: Census, runs: readonly string[]): Omit<Damage, 'runs'>[] =>
  runs.flatMap((run) => {
    const { status, names } = census.runs.get(run) ?? {};
    if (status === undefined || !isOver(status)) return [];
    const gone = names!.records.filter((key) => !census.objects.has(key));
    return gone.map((key) => ({ key, problem: 'missing' }));
  });

/** What a record of any version has. */
const any = { outputs: z.record(z.string(), blobRefSchema), summary: z.unknown() };

async function recordDamage(
  store: Store,
  census: Census,
  reached: Iterable<Reached>,
): Promise<Omit<Damage, 'runs'>[]> {
  const keys = new Set([...reached].flatMap((each) => [...each.keys]));
  const found: Omit<Damage, 'runs'>[] = [];
  const trainings = new Set<string>();
  for (const key of keys) {
    if (!census.objects.has(key)) continue;
    const training = trainingIn(key);
    if (training !== undefined) trainings.add(training);
    const [, stage, fingerprint] = /^stages\/(\w+)\/([0-9a-f]{64})\.json$/.exec(key) ?? [];
    if (stage !== undefined && !(await store.readStage({ name: stage, ...any }, fingerprint!)))
      found.push({ key, problem: 'it cannot be read' });
  }
  for (const training of trainings)
    for (const { key, problem } of (await store.readEpochs(training)).unreadable)
      found.push({ key, problem });
  return found;
}
