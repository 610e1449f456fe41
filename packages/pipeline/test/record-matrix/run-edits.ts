import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { RunHandle } from '../../src/commands/find-run.ts';
import { startRun } from '../../src/commands/start-command.ts';
import { readLatestRun } from '../../src/latest-run.ts';
import { type Outcomes, type StageName, stagePlans } from '../../src/stages/index.ts';
import { progressQuery } from '../../src/workflow/messages.ts';
import { reportNumbers } from '../report-numbers.ts';
import type { Edit } from './edits.ts';
import type { RecordBench } from './record-bench.ts';

export interface EditResult {
  name: string;
  seconds: number;
  /** What the next equal run said of it. */
  said: string[];
  /** What lies under set-aside/ after it. */
  aside: string[];
  /** Stages that the next run did again. */
  again: string[];
  /** Why it has not passed. */
  problem?: string;
}

const limitSeconds = 240;
const computed = ['data', 'train', 'select', 'evaluate'] as const satisfies StageName[];

/**
 * Puts the store back as the first run left it, edits it and starts an equal run. Passes where that
 * run ends by itself with the digests and numbers of the first, says what was wrong and has kept it.
 */
export async function runEdit(bench: RecordBench, edit: Edit): Promise<EditResult> {
  const next = edit.name.replace('/', '.');
  await bench.restore();
  await edit.tamper({ ...bench, next });
  const began = performance.now();
  const result: EditResult = { name: edit.name, seconds: 0, said: [], aside: [], again: [] };
  const handle = await startRun(bench, next, bench.config);
  try {
    result.said = await toEnd(handle);
    const stages = await stagesOf(bench, next);
    for (const { name } of plansOf(stages)) {
      const { cache } = stages[name as StageName];
      if (cache.hit) continue;
      result.again.push(name);
      result.said.push(`${name}: ${cache.why}`);
    }
    result.aside = (await bench.objects.list('set-aside/')).map(({ key }) => key);
    const problem = (await difference(bench, next, stages)) ?? silence(edit, result);
    if (problem !== undefined) result.problem = problem;
  } catch (error) {
    result.problem = (error as Error).message;
    await handle.terminate('the edit has not passed').catch(() => {});
  }
  result.seconds = (performance.now() - began) / 1000;
  return result;
}

/** Of the stages that a run had: a gate has to be asked for. */
const plansOf = (stages: Outcomes) => stagePlans.filter(({ name }) => name in stages);

/** Waits for a run's end; gives its notices. @throws where it takes a person, or too long */
async function toEnd(handle: RunHandle): Promise<string[]> {
  for (const deadline = Date.now() + 1000 * limitSeconds; Date.now() < deadline; await sleep(100)) {
    const { status, attention, notices } = await handle.query(progressQuery, 0);
    if (attention) throw new Error(`it waits for a person: ${attention.message}`);
    if (status !== 'finished') continue;
    await handle.result();
    return [...notices];
  }
  throw new Error(`it has not finished after ${limitSeconds} s`);
}

async function stagesOf({ store }: RecordBench, run: string): Promise<Outcomes> {
  const content = await store.getRunFile(run, 'run.json');
  return (JSON.parse(content!.toString()) as { stages: Outcomes }).stages;
}

/** What is not as the first run left it, in words. */
async function difference(
  { store, base, stages }: RecordBench,
  next: string,
  found: Outcomes,
): Promise<string | undefined> {
  for (const name of computed) {
    if (!isDeepStrictEqual(found[name].outputs, stages[name].outputs))
      return `the artifacts of ${name} differ`;
    // Where training was resumed is told, too.
    const summary = (of: Outcomes) => ({ ...of[name].summary, resumedAfter: undefined });
    if (!isDeepStrictEqual(summary(found), summary(stages)))
      return `the summary of ${name} differs`;
  }
  for (const plan of plansOf(stages)) {
    const { fingerprint } = stages[plan.name as StageName];
    const record = await store.readStage(plan.record, fingerprint);
    const expected = { ...found[plan.name as StageName].summary, resumedAfter: undefined };
    if (!isDeepStrictEqual({ ...(record?.summary as object), resumedAfter: undefined }, expected))
      return `the record of ${plan.name} is still wrong`;
  }
  const numbers = async (run: string) =>
    reportNumbers((await store.getRunFile(run, 'report.json'))!.toString());
  if (!isDeepStrictEqual(await numbers(next), await numbers(base)))
    return 'the numbers of the report differ';
  const { commits } = await store.readEpochs(stages.train.fingerprint);
  if (commits.length !== stages.train.summary.epochs) return `there are ${commits.length} epochs`;
  const { run, problem } = await readLatestRun(store);
  return run?.runId === next ? undefined : `the latest run is ${problem ?? run?.runId}`;
}

/** Whether nobody was told, or what was wrong was not kept. */
function silence({ name, unread }: Edit, { said, aside }: EditResult): string | undefined {
  if (unread) return undefined;
  if (aside.length === 0 && !said.some((text) => /(missing|damaged): done again/.test(text)))
    return 'nothing was set aside';
  // A pointer and a run's record are nothing that a stage could speak of.
  if (/^(latest|run)\//.test(name)) return undefined;
  return said.length > 0 ? undefined : 'nothing was said';
}
