import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { openObjects } from '@atelier/artifacts';
import { toolVariables } from '@atelier/environment';
import { programArguments } from '@atelier/programs';
import { startRun } from '../../src/commands/start-command.ts';
import { forgetExecutions } from '../../src/record/forget-executions.ts';
import { condemned } from '../../src/retention/condemned.ts';
import { findDamage } from '../../src/retention/find-damage.ts';
import { readCensus } from '../../src/retention/read-census.ts';
import type { RunConfig } from '../../src/run-configuration.ts';
import { until } from '../until.ts';
import type { Moment } from './moments.ts';
import { difference, type Outcome, outcomeOf } from './outcome.ts';
import { killHard } from './processes.ts';
import type { PruneJob } from './prune-main.ts';
import { pruneMoments } from './prune-moments.ts';
import { type CellResult, ending, giveUp, told } from './run-cell.ts';
import type { TestBench } from './test-bench.ts';
import { kill } from './victims.ts';
import { watchFor } from './watch.ts';

export const pruneVictims = ['pruner', 'worker', 'minio', 'all'] as const;
type PruneVictim = (typeof pruneVictims)[number];

/** A removal that is struck at a moment, while a run begins to need what it removes. */
export interface PruneCell {
  /** `prune-<victim>/<moment>` */
  name: string;
  prune: true;
  moment: Moment;
  victim: PruneVictim;
}

export const pruneCells: readonly PruneCell[] = pruneMoments.flatMap((moment) =>
  pruneVictims.map((victim) => ({
    ...{ name: `prune-${victim}/${moment.name}`, prune: true as const, moment, victim },
  })),
);

/** All that a run left in the store, by key. */
export type Leftovers = ReadonlyMap<string, Buffer>;

const objectsOf = ({ state, stack }: TestBench) => openObjects({ ...state().s3, ...stack.root });

/** Without the pointers, which would keep the run. */
export async function leftoversOf(bench: TestBench): Promise<Leftovers> {
  const objects = objectsOf(bench);
  const left = new Map<string, Buffer>();
  for (const { key, bytes } of await objects.list(''))
    if (!key.startsWith('registry/')) left.set(key, (await objects.get(key, bytes))!.content!);
  return left;
}

/**
 * Removes a finished run. At the moment, one of the same configuration is started, which takes the
 * same work for its own, and the victim is killed; then it is removed once more, to the end. Passes
 * where the run ends like an undisturbed one, all is there that it needs, and nothing else is.
 */
export async function runPruneCell(
  bench: TestBench,
  config: RunConfig,
  { name, moment, victim }: PruneCell,
  { run: earlier, left, expected }: { run: string; left: Leftovers; expected: Outcome },
): Promise<CellResult> {
  await bench.reset();
  const objects = objectsOf(bench);
  for (const [key, content] of left) await objects.put(key, content);
  await forgetExecutions(bench.client, [earlier]);
  const run = name.replaceAll('/', '.');
  const job: PruneJob = {
    store: { ...bench.state().s3, ...bench.stack.root, endpoint: bench.storage.endpoint },
    ...{ runs: [earlier], before: Date.now() },
  };
  let pruner: Pruner | undefined;
  const watch = watchFor(bench, {
    name,
    moment,
    async strike() {
      await startRun(bench, run, config);
      // It takes what is about to go for its own. Where that is gone, it waits for the removal's end.
      const isClaimed = async () =>
        (await bench.store.hasRunFile(run, 'stages/data.json')) || undefined;
      await until('the run to need something', isClaimed, 8).catch(() => {});
      const others = victim === 'pruner' ? [] : await kill(bench, victim);
      if (victim === 'pruner' || victim === 'all') await killHard([pruner!.child.pid!]);
      return others;
    },
  });
  const began = performance.now();
  const result: CellResult = { name, seconds: 0 };
  try {
    pruner = startPruner(job);
    await pruner.ended;
    await watch.settled();
    await bench.healthy();
    // Meanwhile the run waits for what was announced: nobody else can tell that nothing goes any more.
    const { code, said } = await startPruner(job).ended;
    if (code !== 0) throw new Error(`the next removal failed: ${said}`);
    await ending(bench, run, () => 600 - (performance.now() - began) / 1000);
    await told(bench, run);
    result.seconds = (performance.now() - began) / 1000;
    result.outcome = await outcomeOf(bench.store, run, [run, earlier]);
    const problem =
      difference(result.outcome, expected) ?? (await leftWrong(bench, earlier, job.before));
    if (problem !== undefined) throw new Error(problem);
  } catch (error) {
    result.seconds ||= (performance.now() - began) / 1000;
    result.problem = (error as Error).message;
    pruner?.child.kill('SIGKILL');
    await giveUp(bench, [run]);
  } finally {
    watch.stop();
  }
  return result;
}

/** What is there that should not be, or is not there that should; undefined where all is right. */
async function leftWrong(
  { store }: TestBench,
  removed: string,
  before: number,
): Promise<string | undefined> {
  const census = await readCensus(store);
  const { damage } = await findDamage(store, census, undefined);
  if (damage[0]) return `${damage[0].key}: ${damage[0].problem}`;
  const keys = [...census.objects.keys()];
  const terms = { removing: new Set<string>(), now: before, grace: 0, asideFor: 0 };
  const [left] = [
    ...keys.filter((key) => key.startsWith(`runs/${removed}/`) || key.startsWith('retention/')),
    ...condemned(census, terms),
  ];
  return left && `${left} is still there`;
}

interface Pruner {
  child: ChildProcess;
  ended: Promise<{ code: number | null; said: string }>;
}

function startPruner(job: PruneJob): Pruner {
  const main = new URL('prune-main.ts', import.meta.url);
  const child = spawn(process.execPath, programArguments(main, JSON.stringify(job)), {
    env: toolVariables({}),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = text(child.stderr);
  const ended = once(child, 'exit').then(async ([code]) => ({ code, said: await said }));
  return { child, ended };
}
