import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openObjects } from '@atelier/artifacts';
import { startRun } from '../../src/commands/start-command.ts';
import { forgetExecutions } from '../../src/record/forget-executions.ts';
import { decide } from '../../src/registry/decision-log.ts';
import { makeKnown } from '../../src/registry/publish-champion.ts';
import type { RunConfig } from '../../src/run-configuration.ts';
import { stackTrace } from '../atelier-stack.ts';
import { until } from '../until.ts';
import type { Moment } from './moments.ts';
import { killHard } from './processes.ts';
import { type Leftovers, leftoversOf } from './prune-cells.ts';
import {
  type Command,
  checkRead,
  command,
  isKnown,
  modelOf,
  registry,
  succeeds,
} from './registry-checks.ts';
import { registryMoments } from './registry-moments.ts';
import { type CellResult, ending, giveUp } from './run-cell.ts';
import type { TestBench } from './test-bench.ts';
import { kill, pidOf } from './victims.ts';
import { watchFor } from './watch.ts';

type RegistryVictim = 'command' | 'minio' | 'answer' | 'all';

const verbs = ['promote', 'rollback'] as const;
type Verb = (typeof verbs)[number];

// To go back is written by the same code.
const victimsOf: Record<Verb, readonly RegistryVictim[]> = {
  promote: ['command', 'minio', 'answer', 'all'],
  rollback: ['command', 'answer'],
};

/** What stands before the slash in the names of cells, in the order of the page's columns. */
export const registryStrikes: readonly string[] = verbs.flatMap((verb) =>
  victimsOf[verb].map((victim) => `${verb}-${victim}`),
);

/** A decision about which model is in use that is struck at a moment. */
export interface RegistryCell {
  /** `<verb>-<victim>/<moment>` */
  name: string;
  verb: Verb;
  moment: Moment;
  victim: RegistryVictim;
}

/** Moments at which a request is on its way, so that its answer can be lost. */
const arriving = ['put-forward', 'entry', 'pointer', 'publish', 'manifest'];

export const registryCells: readonly RegistryCell[] = registryMoments.flatMap((moment) =>
  verbs.flatMap((verb) =>
    victimsOf[verb]
      .filter((victim) => victim !== 'answer' || arriving.includes(moment.name))
      .map((victim) => ({ name: `${verb}-${victim}/${moment.name}`, verb, moment, victim })),
  ),
);

/** Two finished runs with different models, and all that is in the store then. */
export interface TwoRuns {
  runs: [string, string];
  left: Leftovers;
}

/** Beside a run that is finished, one with another seed. */
export async function makeTwoRuns(
  bench: TestBench,
  config: RunConfig,
  first: string,
): Promise<TwoRuns> {
  const second = 'other-seed';
  await startRun(bench, second, { ...config, seed: 7 });
  const began = Date.now();
  await ending(bench, second, () => 120 - (Date.now() - began) / 1000);
  return { runs: [first, second], left: await leftoversOf(bench) };
}

/**
 * Has a command put a model in use, or the one before it, and strikes at the moment. Then the person
 * looks which model is in use, and gives the command again where it is not the one that they wanted;
 * where it is, a worker that starts makes up for what was left undone. Passes where at every time
 * the log alone tells one model, the log has each decision once, and in the end pointer, log and the
 * files at the address that stays agree.
 */
export async function runRegistryCell(
  bench: TestBench,
  { name, verb, moment, victim }: RegistryCell,
  { runs, left }: TwoRuns,
): Promise<CellResult> {
  await bench.reset();
  const { store, stack } = bench;
  const objects = openObjects({ ...bench.state().s3, ...stack.root });
  for (const [key, content] of left) await objects.put(key, content);
  await forgetExecutions(bench.client, [...runs]);
  const promoted = verb === 'promote' ? runs.slice(0, 1) : runs;
  for (const run of promoted) await promote(bench, run);
  await makeKnown(store, registry);
  const wanted = verb === 'promote' ? runs[1] : runs[0];
  const folder = await mkdtemp(join(tmpdir(), 'atelier-matrix-registry-'));
  const give = () =>
    command(bench, folder, [
      ...[verb, ...(verb === 'promote' ? [wanted] : [])],
      ...['--reason', 'tried'],
    ]);
  let deciding: Command | undefined;
  const watch = watchFor(bench, {
    name,
    moment,
    async strike() {
      if (victim === 'answer') return [bench.storage.failFor('unanswered', 2_000)];
      // First, since it goes on where it has its answer.
      if (victim !== 'minio') await killHard([deciding!.child.pid!]);
      const others = victim === 'command' ? [] : await kill(bench, victim);
      return others;
    },
  });
  const began = performance.now();
  const result: CellResult = { name, seconds: 0 };
  try {
    deciding = give();
    const first = await deciding.ended;
    await watch.settled();
    await bench.healthy();
    if (stackTrace.test(first.said)) throw new Error(`the command said ${first.said}`);
    const decided = await checkRead(bench, folder, promoted, wanted);
    if (first.code === 0 && !decided)
      throw new Error('the command ended well, and nothing is decided');
    if (!decided) await succeeds(give());
    else if (victim !== 'all') await killHard([await pidOf(bench, 'worker')]);
    await until('all to be known', async () => (await isKnown(bench)) || undefined, 30);
    if (!(await checkRead(bench, folder, promoted, wanted))) throw new Error('nothing is decided');
  } catch (error) {
    result.problem = (error as Error).message;
    deciding?.child.kill('SIGKILL');
    await giveUp(bench, []);
  } finally {
    result.seconds = (performance.now() - began) / 1000;
    watch.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return result;
}

/** Puts a run's model in use, as a person would. */
export async function promote(bench: TestBench, run: string): Promise<void> {
  const candidate = await modelOf(bench, run);
  await decide(bench.store, registry, (last) => ({
    ...{ outcome: last ? 'promoted' : 'first', candidate, reason: `for ${run}` },
    decidedBy: { kind: 'person' },
  }));
}
