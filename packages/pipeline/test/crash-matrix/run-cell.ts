import { setTimeout as sleep } from 'node:timers/promises';
import { startRun } from '../../src/commands/start-command.ts';
import { workflowIdOf } from '../../src/names.ts';
import type { RunConfig } from '../../src/run-configuration.ts';
import { searchable } from '../../src/searchable.ts';
import { CommandFailure } from '../../src/terminal/exit.ts';
import { until } from '../until.ts';
import type { Cell } from './cells.ts';
import { difference, type Outcome, outcomeOf } from './outcome.ts';
import { childrenOf } from './processes.ts';
import { startSecondWorker } from './second-worker.ts';
import type { TestBench } from './test-bench.ts';
import { watchFor } from './watch.ts';

export interface CellResult {
  name: string;
  /** From the start of the run to its end. */
  seconds: number;
  /** From the kill to the next epoch that is committed. */
  recoverySeconds?: number;
  outcome?: Outcome;
  /** Why the cell has not passed. */
  problem?: string;
}

const limitSeconds = 600;

/**
 * Runs the pipeline from nothing to its report while something befalls it. Passes where the moment
 * was met, the run finished by itself, nothing is left behind, and all is as expected.
 */
export async function runCell(
  bench: TestBench,
  config: RunConfig,
  cell: Cell,
  expected?: Outcome,
): Promise<CellResult> {
  await bench.reset();
  const base = cell.name.replaceAll('/', '.');
  const runs = cell.twice === 'two ids' ? [`${base}.a`, `${base}.b`] : [base];
  const endSecond = cell.secondWorker ? await startSecondWorker(bench) : undefined;
  const watch = watchFor(bench, cell);
  const began = performance.now();
  const secondsSoFar = () => (performance.now() - began) / 1000;
  const result: CellResult = { name: cell.name, seconds: 0 };
  try {
    await start(bench, cell, runs, config);
    for (const run of runs) await ending(bench, run, () => limitSeconds - secondsSoFar());
    result.seconds = secondsSoFar();
    for (const run of runs) await told(bench, run);
    Object.assign(result, await watch.settled());
    await until('the trainers to end', () => noChildren(bench), 6);
    const outcomes = await Promise.all(runs.map((run) => outcomeOf(bench.store, run, runs)));
    result.outcome = outcomes[0]!;
    for (const outcome of outcomes) {
      const problem = expected && difference(outcome, expected);
      if (problem !== undefined) throw new Error(problem);
    }
  } catch (error) {
    result.seconds ||= secondsSoFar();
    result.problem = (error as Error).message;
    await giveUp(bench, runs);
  } finally {
    watch.stop();
    await endSecond?.();
  }
  return result;
}

async function start(bench: TestBench, cell: Cell, runs: string[], config: RunConfig) {
  const ids = cell.twice === 'one id' ? [...runs, ...runs] : runs;
  const starts = await Promise.allSettled(ids.map((run) => startRun(bench, run, config)));
  const refused = starts.filter(({ status }) => status === 'rejected').length;
  if (refused !== ids.length - runs.length) throw new Error(`${refused} starts were refused`);
  for (const attempt of starts)
    if (attempt.status === 'rejected' && !(attempt.reason instanceof CommandFailure))
      throw attempt.reason;
}

/** Waits until a run is over. @throws where that takes a person, or too long */
export async function ending(
  { client }: TestBench,
  run: string,
  secondsLeft: () => number,
): Promise<void> {
  const handle = client.workflow.getHandle(workflowIdOf(run));
  for (; secondsLeft() > 0; await sleep(200)) {
    const description = await client.connection
      .withDeadline(Date.now() + 5_000, () => handle.describe())
      // Temporal may be what was killed.
      .catch(() => undefined);
    if (description === undefined) continue;
    const attention = description.typedSearchAttributes.get(searchable.attention);
    if (attention !== undefined) throw new Error(`it waits for a person: ${attention}`);
    if (description.status.name === 'COMPLETED') return;
    if (description.status.name !== 'RUNNING') throw new Error(`it ${description.status.name}`);
  }
  throw new Error(`it has not finished after ${limitSeconds} s`);
}

/** No message is lost, whatever died, and none is kept that was taken. */
export async function told({ receiver, store }: TestBench, run: string): Promise<void> {
  const isTold = () =>
    receiver.messages.some((message) => message.run === run && message.event === 'finished');
  await until(`word of the end of ${run}`, () => isTold() || undefined, 60);
  // The store may be what was killed.
  const left = () => store.listMessages('webhook').catch(() => ['unknown']);
  await until('no message to be left', async () => (await left()).length === 0 || undefined, 60);
}

export const noChildren = async ({ stack }: TestBench): Promise<true | undefined> =>
  (await childrenOf(stack.environment.home)).length === 0 || undefined;

/** Ends what would disturb the next cell. */
export async function giveUp(bench: TestBench, runs: string[]): Promise<void> {
  await bench.up().catch(() => {});
  for (const run of runs)
    await bench.client.workflow
      .getHandle(workflowIdOf(run))
      .terminate('the cell failed')
      .catch(() => {});
  await until('the trainers to end', () => noChildren(bench), 30).catch(() => {});
}
