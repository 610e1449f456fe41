import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { toolVariables } from '@atelier/environment';
import { startTestStack, type TestStack } from '@atelier/infra';
import { recordedCandidates, type Selection, select } from '@atelier/pipeline/list-runs';
import { indexRun, rebuildIndex } from '@atelier/pipeline/run-index';
import { openStore, type Store } from '@atelier/pipeline/run-store';

interface Listing {
  what: string;
  /** Milliseconds, the middle one. */
  median: number;
  /** Milliseconds, the longest one. */
  longest: number;
  repetitions: number;
}

export interface RunsResult {
  runs: number;
  /** Seconds to make the index anew from every record, which is what a list without it costs. */
  secondsToRebuild: number;
  listings: Listing[];
}

const months = 12;
const writers = 32;

/** Lists so many runs of a year in a real MinIO, in every way that the command offers. */
export async function measureRuns(
  workspace: string,
  record: object,
  runs: number,
  repetitions: number,
  tell: (text: string) => void,
): Promise<RunsResult> {
  const stack = await startTestStack({ worker: false });
  try {
    const store = openStore(stack.state.s3);
    await store.ensureBucket();
    await writeRecords(store, record, runs);
    tell(`${runs} records are written.`);
    const begin = performance.now();
    await rebuildIndex(store);
    const secondsToRebuild = (performance.now() - begin) / 1000;
    tell(`The index is made in ${secondsToRebuild.toFixed(1)} s.`);
    const listings: Listing[] = [];
    const measure = async (what: string, work: () => unknown): Promise<void> => {
      const times: number[] = [];
      for (let i = 0; i < repetitions; i++) {
        const start = performance.now();
        await work();
        times.push(performance.now() - start);
      }
      const [median, longest] = [middle(times), Math.max(...times)];
      listings.push({ what, median, longest, repetitions });
      tell(`${what}: ${median.toFixed(0)} ms`);
    };
    const newest: Selection = { sort: 'started', limit: 20 };
    const list = (selection: object) => () => listed(store, { ...newest, ...selection });
    await measure('the newest 20', list({}));
    await measure('the 20 best by test accuracy, of all', list({ sort: 'test' }));
    await measure('those that failed, of all', list({ statuses: ['failed'], limit: 1e6 }));
    const more = Buffer.from(JSON.stringify(recordOf(record, runs)));
    await measure('one more row', () => indexRun(store, more));
    await measure('the command `atelier runs`, with its start', () => command(workspace, stack));
    await measure('`atelier runs --sort test`', () => command(workspace, stack, '--sort', 'test'));
    return { runs, secondsToRebuild, listings };
  } finally {
    await stack.stop();
  }
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function listed(store: Store, selection: Selection): Promise<number> {
  const { rows } = await recordedCandidates(store, selection);
  return select(rows, selection).length;
}

/** The i-th run of a year; every tenth one failed. */
function recordOf(record: object, i: number) {
  const month = String((i % months) + 1).padStart(2, '0');
  const startedAt = new Date(Date.parse(`2025-${month}-01T02:00:00Z`) + i * 200_000).toISOString();
  const failed = i % 10 === 0 && {
    status: 'failed',
    why: { stage: 'data', kind: 'WorldError', message: 'The object storage did not answer.' },
  };
  return { ...record, runId: `run-${i}`, executionId: `execution-${i}`, startedAt, ...failed };
}

async function writeRecords(store: Store, record: object, runs: number): Promise<void> {
  let next = 0;
  const write = async (): Promise<void> => {
    for (let i = next++; i < runs; i = next++) {
      const one = recordOf(record, i);
      await store.putRunFile(one.runId, 'run.json', Buffer.from(JSON.stringify(one)));
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
}

/** @throws Error where it lists nothing */
function command(workspace: string, { variables }: TestStack, ...flags: string[]): void {
  const program = path.join(workspace, 'packages/pipeline/bin/atelier.mjs');
  const { stdout, stderr } = spawnSync(process.execPath, [program, 'runs', ...flags], {
    env: toolVariables(variables),
    encoding: 'utf8',
  });
  if (stdout.split('\n').length < 20) throw new Error(`It listed nothing: ${stderr}`);
}
