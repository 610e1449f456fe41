import { isDeepStrictEqual } from 'node:util';
import { openObjects } from '@atelier/artifacts';
import { startRun } from '../../src/commands/start-command.ts';
import { forgetExecutions } from '../../src/record/forget-executions.ts';
import { readRunRecord } from '../../src/record/read-run-record.ts';
import { readIndex } from '../../src/record/run-index.ts';
import type { Decision } from '../../src/registry/decision.ts';
import { readHistory } from '../../src/registry/decision-log.ts';
import { makeKnown } from '../../src/registry/publish-champion.ts';
import type { RunConfig } from '../../src/run-configuration.ts';
import { type StageName, stageNames } from '../../src/stages/index.ts';
import { promotePlan } from '../../src/stages/promote/plan.ts';
import { until } from '../until.ts';
import type { Experiment } from './experiment.ts';
import { gateMoments } from './gate-moments.ts';
import type { Moment } from './moments.ts';
import { type Leftovers, leftoversOf } from './prune-cells.ts';
import { promote } from './registry-cells.ts';
import { isKnown, modelOf, registry } from './registry-checks.ts';
import { type CellResult, ending, giveUp, noChildren, told } from './run-cell.ts';
import type { TestBench } from './test-bench.ts';
import { kill, type Victim, victims } from './victims.ts';
import { watchFor } from './watch.ts';

/** `answer`: for 2 s the store does what it is asked for, and every answer is lost. */
type GateVictim = Victim | 'answer';

/** What stands before the slash in the names of cells, in the order of the page's columns. */
export const gateVictims: readonly GateVictim[] = [...victims, 'answer'];

/** A run whose gate decides about its model, struck at a moment of that stage. */
export interface GateCell {
  /** `gate-<victim>/<moment>` */
  name: string;
  gate: true;
  moment?: Moment;
  victim?: GateVictim;
}

/** Where each of them is about something; nothing is computed but while it is weighed. */
const momentsOf: Record<GateVictim, readonly string[]> = {
  worker: gateMoments.map(({ name }) => name),
  trainer: ['weighing'],
  temporal: ['weighing', 'entered', 'after-promote'],
  minio: ['weighing', 'entry', 'pointer', 'publish'],
  supervisor: ['weighing', 'entered'],
  all: ['weighing', 'entered', 'pointed', 'known'],
  answer: ['entry', 'pointer', 'publish'],
};

export const gateCells: readonly GateCell[] = gateMoments.flatMap((moment) =>
  gateVictims
    .filter((victim) => momentsOf[victim].includes(moment.name))
    .map((victim) => ({ name: `gate-${victim}/${moment.name}`, gate: true, moment, victim })),
);

/** What cells begin with: a model in use, and all work of a run that the gate would put in its place. */
export interface Undecided {
  config: RunConfig;
  champion: string;
  left: Leftovers;
  /** Of the gate that nothing befell; undefined before it. */
  expected?: Decided;
}

/** What came of a gate, but for its own run's name and times. */
interface Decided {
  decision: Omit<Decision, 'at' | 'candidate' | 'champion'>;
  /** Digests. */
  model: string;
  page: string;
  sentence: string;
}

/** @throws where the gate that nothing befalls does not put the model in use */
export async function makeUndecided(
  bench: TestBench,
  { candidate, champion }: Experiment['gated'],
): Promise<Undecided> {
  await bench.reset();
  const runs = { 'in-use': champion, prepared: candidate };
  for (const [run, config] of Object.entries(runs)) {
    await startRun(bench, run, config);
    const began = Date.now();
    await ending(bench, run, () => 180 - (Date.now() - began) / 1000);
  }
  const config = { ...candidate, promote: true };
  const undecided = { config, champion: 'in-use', left: await leftoversOf(bench) };
  const name = 'gate-undisturbed';
  const { problem } = await runGateCell(bench, { name, gate: true }, undecided);
  if (problem !== undefined) throw new Error(problem);
  const expected = await decidedOf(bench, name, undecided);
  if (expected.decision.outcome !== 'promoted') throw new Error(expected.sentence);
  return { ...undecided, expected };
}

/**
 * Has a run decide about its model and strikes at the moment. Passes where it ends without a person
 * and has decided once, as if nothing had happened; where all who read what is in use read the same;
 * and where nothing but the decision was this run's work.
 */
export async function runGateCell(
  bench: TestBench,
  { name, moment, victim }: GateCell,
  undecided: Undecided,
): Promise<CellResult> {
  await bench.reset();
  const { left, champion, config, expected } = undecided;
  const objects = openObjects({ ...bench.state().s3, ...bench.stack.root });
  for (const [key, content] of left) await objects.put(key, content);
  await forgetExecutions(bench.client, ['in-use', 'prepared']);
  await promote(bench, champion);
  await makeKnown(bench.store, registry);
  const run = name.replaceAll('/', '.');
  const watch = watchFor(bench, {
    name,
    ...(moment && { moment }),
    strike: async () =>
      victim === 'answer' ? [bench.storage.failFor('unanswered', 2_000)] : kill(bench, victim!),
  });
  const began = performance.now();
  const secondsSoFar = () => (performance.now() - began) / 1000;
  const result: CellResult = { name, seconds: 0 };
  try {
    await startRun(bench, run, config);
    await ending(bench, run, () => 300 - secondsSoFar());
    result.seconds = secondsSoFar();
    await told(bench, run);
    await watch.settled();
    await until('the prediction processes to end', () => noChildren(bench), 6);
    const decided = await decidedOf(bench, run, undecided);
    if (!(await isKnown(bench))) throw new Error('pointer and files are not those of the log');
    if (expected !== undefined && !isDeepStrictEqual(decided, expected))
      throw new Error(`it decided otherwise: ${decided.sentence}`);
  } catch (error) {
    result.seconds ||= secondsSoFar();
    result.problem = (error as Error).message;
    await giveUp(bench, [run]);
  } finally {
    watch.stop();
  }
  return result;
}

/** @throws where it has not decided once, or does not say so everywhere */
async function decidedOf(
  { store, ...bench }: TestBench,
  run: string,
  { champion }: Undecided,
): Promise<Decided> {
  const log = (await readHistory(store, registry, 100)).reverse() as Decision[];
  const candidates = log.map(({ candidate }) => candidate.run);
  if (!isDeepStrictEqual(candidates, [champion, run]))
    throw new Error(`the log has ${candidates.join(', ')}`);
  const { at: _, candidate, champion: inUse, ...decision } = log[1]!;
  if (!isDeepStrictEqual(inUse, candidate)) throw new Error('the candidate is not in use');
  const { model } = await modelOf({ ...bench, store }, run);
  if (!isDeepStrictEqual(model, candidate.model)) throw new Error("the model is not the run's");

  const record = await readRunRecord(store, run);
  if (record.status !== 'finished') throw new Error(`run.json says ${record.status}`);
  const promoted = promotePlan.record.summary.parse(record.stages.promote?.summary);
  const { rows = [] } = (await readIndex(store, undefined, () => false)) ?? {};
  const row = rows.find(({ runId }) => runId === run);
  const said = [promoted.sentence, row?.verdict?.sentence];
  if (promoted.number !== 2 || said.some((sentence) => sentence !== decision.reason))
    throw new Error(`record and index say ${said.join(' and ')}`);
  const own = stageNames.filter((stage) => record.stages[stage]?.madeBy === run);
  if (own.join() !== ('promote' satisfies StageName))
    throw new Error(`it did ${own.join()} itself`);
  const { execution: _own, ...evidence } = decision.evidence!;
  return {
    decision: { ...decision, evidence },
    model: model.sha256,
    page: record.files['report.html']!.sha256,
    sentence: promoted.sentence,
  };
}
