import { setTimeout as sleep } from 'node:timers/promises';
import { blobKey, fingerprint, type Objects, sha256 } from '@atelier/artifacts';
import { z } from 'zod';
import { usualTerms } from '../src/retention/condemned.ts';
import { sweep } from '../src/retention/sweep.ts';
import { openStoreOn, recordStage, type Store } from '../src/run-store.ts';

const stage = {
  name: 'data',
  outputs: z.record(z.string(), z.object({ sha256: z.string(), bytes: z.number() })),
  summary: z.unknown(),
};

const inputsOf = (name: string) => ({ stage: 'data', version: 1, inputs: { name } });

const recordOf = (name: string, text: string) => ({
  ...{ schemaVersion: 1 as const, fingerprint: fingerprint(inputsOf(name)), ...inputsOf(name) },
  outputs: { it: { sha256: sha256(text), bytes: text.length } },
  ...{ summary: {}, environment: null, madeBy: 'race' },
  timing: { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:00Z', seconds: 1 },
});

const running = {
  ...{ status: 'running', startedAt: '2026-01-01T00:00:00Z', configuration: {}, stages: {} },
};

export interface RaceResult {
  rounds: number;
  /** Rounds in which the sweep removed what the runs then made again. */
  removed: number;
  /** Rounds after which a run lacked what it had been given. */
  lost: number;
}

/**
 * Lets a sweep and two runs meet, again and again: what the sweep is about to remove is at the same
 * time what one run finds done, and what the other one stores. To the sweep everything is old.
 * @param objects an empty bucket
 */
export async function raceSweep(objects: Objects, rounds: number): Promise<RaceResult> {
  const store = openStoreOn(objects);
  const result: RaceResult = { rounds, removed: 0, lost: 0 };
  let sweepMs = 30;
  for (let round = 0; round < rounds; round++) {
    const text = `of round ${round}`;
    const done = recordOf(`old ${round}`, text);
    const made = recordOf(`new ${round}`, text);
    await store.putBlob(Buffer.from(text));
    await store.commitStage(stage, done);
    const runs = [`finds-${round}`, `makes-${round}`] as const;
    for (const run of runs)
      await store.putRunFile(run, 'run.json', Buffer.from(JSON.stringify(running)));

    // The runs come at any moment of a sweep, as long as the last one took.
    const pause = () => sleep(Math.random() * 1.2 * sweepMs);
    const sweeping = async () => {
      const began = performance.now();
      const clock = () => Date.now() + 2 * usualTerms.grace;
      const swept = await sweep(store, { ...usualTerms, runs: [], by: 'race', clock });
      if (swept.objects > 0) result.removed += 1;
      sweepMs = performance.now() - began;
    };
    const working = async (run: string, record: typeof done) => {
      await pause();
      await work(store, run, record, text);
    };
    await Promise.all([sweeping(), working(runs[0], done), working(runs[1], made)]);

    const needed = [done, made].map((record) => `stages/data/${record.fingerprint}.json`);
    const there = await Promise.all(
      [...needed, blobKey(done.outputs.it)].map((key) => objects.size(key)),
    );
    if (there.includes(undefined)) result.lost += 1;
    await objects.removeAll((await objects.list('')).map(({ key }) => key));
  }
  return result;
}

/** What a stage does: it takes its record, or does the work, and says that the run needs it. */
async function work(
  store: Store,
  run: string,
  record: ReturnType<typeof recordOf>,
  text: string,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const found = await store.readStage(stage, record.fingerprint);
      const isWhole = found && (await store.inspectBlob(found.outputs.it!)) === undefined;
      if (!isWhole) {
        await store.putBlob(Buffer.from(text));
        await store.commitStage(stage, record);
      }
      return await recordStage(store, run, 'data', record);
    } catch (error) {
      if (attempt === 7) throw error;
    }
  }
}
