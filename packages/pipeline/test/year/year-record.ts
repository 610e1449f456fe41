import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openObjects } from '@atelier/artifacts';
import { z } from 'zod';
import { runIdOf } from '../../src/names.ts';
import { defaultName, scheduleIdOf } from '../../src/nights/schedules.ts';
import { readIndex } from '../../src/record/run-index.ts';
import type { RunRow } from '../../src/record/run-row.ts';
import {
  defaultName as championName,
  folderOf,
  newestDecision,
  type Registry,
  readHistory,
} from '../../src/registry/decision-log.ts';
import { usualTerms } from '../../src/retention/condemned.ts';
import { readCensus } from '../../src/retention/read-census.ts';
import { removableRuns } from '../../src/retention/removable-runs.ts';
import { removeRuns } from '../../src/retention/remove-runs.ts';
import { usageOf } from '../../src/retention/usage.ts';
import { until } from '../until.ts';
import type { Evidence, Month } from './evidence.ts';
import { patiently } from './patiently.ts';
import type { YearBench } from './year-bench.ts';

/** What is seen of a year beside its nights. */
type Seen = Omit<Evidence, 'plan' | 'due' | 'kills' | 'seconds'>;

export interface YearRecord {
  /** Removes old runs, after noting what there is. @param age in seconds of what counts as old */
  prune(age: number): Promise<void>;
  /** @param month YYYY-MM, which is over */
  measure(month: string): Promise<void>;
  /** Waits until all is told, removes what nobody needs, and asks the commands. */
  finish(last: string): Promise<Seen>;
}

const publishedSchema = z.looseObject({ number: z.int(), run: z.string() });

/** @param keepLast runs that stay */
export function keepRecord(bench: YearBench, keepLast: number): YearRecord {
  const { at, client, disk, mirror, pruner, receiver } = bench;
  const registry: Registry = { dataset: mirror.dataset, name: championName };
  const months: Month[] = [];
  const rows = new Map<string, RunRow>();
  const executions = new Map<string, Set<string>>();
  const chosen = new Set<string>();
  const lost: string[] = [];

  /** Everything on record so far, before some of it goes. */
  async function note(): Promise<void> {
    const index = await patiently(() => readIndex(at.store, undefined, () => false));
    for (const row of index?.rows ?? []) rows.set(row.runId, row);
    const query = `TemporalScheduledById = "${scheduleIdOf(defaultName)}"`;
    await patiently(async () => {
      for await (const { workflowId, runId } of client.workflow.list({ query })) {
        const known = executions.get(runIdOf(workflowId)) ?? new Set();
        executions.set(runIdOf(workflowId), known.add(runId));
      }
    });
  }

  async function prune(age: number): Promise<void> {
    await note();
    const clock = () => Date.now() + usualTerms.grace - 1_000 * age;
    const remove = () =>
      removeRuns(
        { store: pruner, client },
        (census) => {
          const now = Date.now() + 366 * 86_400_000;
          const runs = removableRuns(census, { keepLast, keepDays: 1, now });
          for (const run of runs) chosen.add(run);
          return runs;
        },
        clock,
      );
    // One that is cut off, the next one finishes.
    await patiently(remove);
    lost.push(...(await patiently(lostModels)));
  }

  /** What is wrong with the models that are in use and were before. */
  async function lostModels(): Promise<string[]> {
    const { champion, previous } = (await newestDecision(at.store, registry)) ?? {};
    const models = [champion, previous].flatMap((one) => one ?? []);
    const found = models.map(async ({ run, model }) => {
      const isOnRecord = (await at.store.getRunFile(run, 'run.json')) !== undefined;
      const fault = await at.store.inspectBlob(model, 'content');
      return [
        ...(isOnRecord ? [] : [`the run ${run}, which is in use or was before, is gone`]),
        ...(fault === undefined ? [] : [`the model of ${run} is ${fault}`]),
      ];
    });
    return (await Promise.all(found)).flat();
  }

  return {
    prune,
    async measure(month) {
      const objects = await patiently(() => openObjects(at.stack.state.s3).list(''));
      months.push({
        month,
        runs: objects.filter(({ key }) => /^runs\/[^/]+\/run\.json$/.test(key)).length,
        objects: objects.length,
        bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
        temporal: await bytesBelow(join(at.stack.environment.home, 'temporal')),
        ...(typeof disk !== 'string' && { disk: await disk.used() }),
      });
    },
    async finish(last) {
      await until('every message to be taken', async () =>
        (await at.store.listMessages('webhook')).length === 0 ? true : undefined,
      );
      await prune(0);
      const said = async (...args: string[]) =>
        JSON.parse((await at.atelier([...args, '--json'])).stdout);
      const census = await readCensus(at.store);
      return {
        months,
        chosen: [...chosen],
        rows: [...rows.values()],
        executions: [...executions].map(([run, ids]) => [run, ids.size]),
        messages: receiver.messages,
        records: [...census.runs].map(([run, { status }]) => [run, status]),
        orphans: usageOf(census).orphans.bytes,
        listed: await said('runs', '--limit', '1000'),
        shown: await said('show', last),
        damage: (await said('verify')).damage,
        decisions: (await readHistory(at.store, registry, 1_000)).reverse(),
        champion: await said('champion'),
        published: (await at.store.readManifest(folderOf(registry), publishedSchema))?.value,
        lost,
        ...(typeof disk === 'string' && { noDisk: disk }),
      };
    },
  };
}

async function bytesBelow(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (file) => (await stat(join(folder, file))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
