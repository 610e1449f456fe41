import { blobKey } from '@atelier/artifacts';
import { type Census, createReach, keysBy, runIn } from './census.ts';
import type { Names } from './document-names.ts';

/** Bytes of a run: those that only it needs, and those that others need as well. */
export interface RunUsage {
  run: string;
  status: string;
  startedAt?: string;
  own: number;
  shared: number;
}

export interface Usage {
  /** The largest first. */
  runs: RunUsage[];
  /** By the stage that made it; `run files` are those in runs' folders. */
  stages: Record<string, number>;
  /** What no run needs: `prune` removes it. */
  orphans: { objects: number; bytes: number };
  /** What could not be trusted and is kept for inspection. */
  setAside: { objects: number; bytes: number };
  total: { objects: number; bytes: number };
}

/** What is stored for which run, and what for none. */
export function usageOf(census: Census): Usage {
  const reach = createReach(census);
  const bytes = (key: string): number => census.objects.get(key)?.bytes ?? 0;
  const names = new Set([...census.runs.keys(), ...keysBy(census, runIn).keys()]);
  const reached = [...names].map((run) => ({ run, keys: reach({ runs: [run] }).keys }));
  const needs = new Map<string, number>();
  for (const { keys } of reached) for (const key of keys) needs.set(key, (needs.get(key) ?? 0) + 1);

  const runs = reached.map(({ run, keys }) => {
    const { status = 'unreadable', startedAt } = census.runs.get(run) ?? {};
    const usage: RunUsage = { run, status, ...(startedAt && { startedAt }), own: 0, shared: 0 };
    for (const key of keys) usage[needs.get(key) === 1 ? 'own' : 'shared'] += bytes(key);
    return usage;
  });
  const orphans = { objects: 0, bytes: 0 };
  const setAside = { objects: 0, bytes: 0 };
  const total = { objects: 0, bytes: 0 };
  const stageOf = blobStages(census);
  const stages: Record<string, number> = {};
  for (const key of census.objects.keys()) {
    const size = bytes(key);
    const add = (to: { objects: number; bytes: number }): void => {
      to.objects += 1;
      to.bytes += size;
    };
    add(total);
    if (key.startsWith('set-aside/')) add(setAside);
    else if (/^(blobs|stages)\//.test(key) && !needs.has(key)) add(orphans);
    const stage = stageOf(key);
    if (stage !== undefined) stages[stage] = (stages[stage] ?? 0) + size;
  }
  runs.sort((a, b) => b.own - a.own || (a.run < b.run ? -1 : 1));
  return { runs, stages, orphans, setAside, total };
}

/** Which stage made an object. */
function blobStages({ records, epochs }: Census): (key: string) => string | undefined {
  const makers = new Map<string, string>();
  const made = (stage: string, { blobs }: Names): void => {
    for (const [sha256, bytes] of blobs) makers.set(blobKey({ sha256, bytes }), stage);
  };
  for (const all of epochs.values()) for (const names of all) made('train', names);
  for (const [key, names] of records) made(key.split('/')[1]!, names);
  return (key) => {
    if (key.startsWith('runs/')) return 'run files';
    return key.startsWith('stages/') ? key.split('/')[1] : makers.get(key);
  };
}
