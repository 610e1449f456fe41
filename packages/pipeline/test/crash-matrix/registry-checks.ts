import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { sha256 } from '@atelier/artifacts';
import { toolVariables } from '@atelier/environment';
import { readRunRecord } from '../../src/record/read-run-record.ts';
import type { Decision, ModelOfRun } from '../../src/registry/decision.ts';
import { newestDecision, readHistory } from '../../src/registry/decision-log.ts';
import { program } from '../atelier-stack.ts';
import type { TestBench } from './test-bench.ts';

/** The registry of the runs of all cells. */
export const registry = { dataset: 'matrix', name: 'champion' };

export const modelOf = async ({ store }: TestBench, run: string): Promise<ModelOfRun> => {
  const { files } = await readRunRecord(store, run);
  return { run, model: files['model/model.safetensors']! };
};

/**
 * What everybody reads, whatever was left undone.
 * @returns whether the decision is made
 * @throws where the log is not what was decided, or the files fetched are not those of its champion
 */
export async function checkRead(
  bench: TestBench,
  folder: string,
  before: readonly string[],
  wanted: string,
): Promise<boolean> {
  const log = (await readHistory(bench.store, registry, 100)).reverse() as Decision[];
  const candidates = log.map(({ candidate }) => candidate.run);
  const isDecided = log.length > before.length;
  if (!isDeepStrictEqual(candidates, isDecided ? [...before, wanted] : before))
    throw new Error(`the log has ${candidates.join(', ')}`);
  for (const [i, { number, before }] of log.entries())
    if (number !== i + 1 || !isDeepStrictEqual(before, log[i - 1]?.champion ?? null))
      throw new Error(`decision ${number} does not follow from the one before it`);
  const { champion } = (await newestDecision(bench.store, registry))!;
  if (!isDeepStrictEqual(champion, log.at(-1)!.champion))
    throw new Error(`run ${champion.run} is read as the champion`);
  const out = join(folder, 'fetched');
  await succeeds(command(bench, folder, ['fetch', 'champion', '--out', out, '--force']));
  const fetched = await readFile(join(out, 'model', 'model.safetensors'));
  const { run, model } = await modelOf(bench, log.at(-1)!.champion.run);
  if (sha256(fetched) !== model.sha256) throw new Error(`what is fetched is not of run ${run}`);
  return isDecided;
}

/** Whether pointer, manifest and files are what the newest decision wants. */
export async function isKnown({ store }: TestBench): Promise<boolean> {
  const newest = (await newestDecision(store, registry))!;
  const pointer = (await store.readPointer('champions/matrix/champion'))?.target as
    | Partial<Pointed>
    | undefined;
  const read = (file: string) => store.readPublished('matrix/champion', file, 2 ** 24);
  const manifest = await read('manifest.json');
  const model = await read('model.safetensors');
  if (pointer === undefined || manifest === undefined || model === undefined) return false;
  const { number, run } = JSON.parse(manifest.toString()) as Pointed;
  return (
    pointer.number === newest.number &&
    pointer.run === newest.champion.run &&
    number === newest.since &&
    run === newest.champion.run &&
    sha256(model) === newest.champion.model.sha256
  );
}

interface Pointed {
  number: number;
  run: string;
}

export interface Command {
  child: ChildProcess;
  ended: Promise<{ code: number | null; said: string }>;
}

/** The atelier command, which reaches the store through the proxy. */
export function command(
  { stack, state, storage }: TestBench,
  folder: string,
  args: readonly string[],
): Command {
  const { s3, temporal } = state();
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: toolVariables({
      ...stack.variables,
      ATELIER_S3_ENDPOINT: storage.endpoint,
      ATELIER_S3_ACCESS_KEY: s3.accessKey,
      ATELIER_S3_SECRET_KEY: s3.secretKey,
      TEMPORAL_ADDRESS: temporal.address,
      ATELIER_WORKER: 'none',
    }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = text(child.stderr!);
  const ended = once(child, 'exit').then(async ([code]) => ({ code, said: await said }));
  return { child, ended };
}

export async function succeeds({ ended }: Command): Promise<void> {
  const { code, said } = await ended;
  if (code !== 0) throw new Error(`a command failed: ${said}`);
}
