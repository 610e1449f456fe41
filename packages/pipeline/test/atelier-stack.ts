import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BlobRef } from '@atelier/artifacts';
import { syntheticDataset } from '@atelier/data/testing';
import { toolVariables } from '@atelier/environment';
import { startTestStack, type TestStack } from '@atelier/infra';
import type { StartedBy, Why } from '../src/record/run-status.ts';
import type { StageTime } from '../src/record/timeline.ts';
import type { RunConfig } from '../src/run-configuration.ts';
import { openStore, type Store } from '../src/run-store.ts';
import { localSearchAttributes } from '../src/searchable.ts';
import type { RunSource } from '../src/source/run-source.ts';
import type { Outcomes, StageName } from '../src/stages/index.ts';

/** What `start --json` prints. */
export interface RunJson {
  runId: string;
  workflowId: string;
  bestEpoch: number;
  validationAccuracy: number;
  testAccuracy: number;
  seconds: Record<StageName, number>;
  cached: Record<StageName, boolean>;
  report: string;
  reportUrl: string;
}

/** What is read of run.json. */
interface RunRecord {
  runId: string;
  status: string;
  seed: number;
  configuration: RunConfig;
  stages: Outcomes;
  why?: Why;
  startedBy?: StartedBy;
  timeline?: StageTime[];
  notices: string[];
  source?: RunSource;
  files: Record<string, BlobRef>;
}

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Both, for looking for what must not be there. */
  output: string;
  /** The last line of standard output, read as JSON. */
  json(): RunJson;
}

type DatasetOptions = { train?: number; test?: number; seed?: number };

/** A real stack with a worker, a scratch folder and the atelier command on it. */
export interface AtelierStack {
  stack: TestStack;
  store: Store;
  folder: string;
  /** Runs the command to its end; other variables go on top of the stack's. */
  atelier(
    args: readonly string[],
    variables?: Record<string, string>,
    onStart?: (child: ChildProcessWithoutNullStreams) => void,
  ): Promise<CommandResult>;
  /** Writes a small dataset that no other stack has; returns its descriptor's path. */
  dataset(name: string, options?: DatasetOptions): Promise<string>;
  /** The same behind an http mirror, which no command looks into before a run starts. */
  served(name: string, options?: DatasetOptions): Promise<string>;
  /** A closed run's record in the store. */
  runRecord(runId: string): Promise<RunRecord>;
  stop(): Promise<void>;
}

/** The atelier command. */
export const program = fileURLToPath(new URL('../bin/atelier.mjs', import.meta.url));

type StackOptions = Parameters<typeof startTestStack>[0];

export const startAtelierStack = (options: StackOptions = {}): Promise<AtelierStack> =>
  onStack(
    () => startStack(options),
    (stack) => stack.stop(),
  );

let shared: Promise<TestStack> | undefined;

/**
 * For a file that asks nothing of its stack but to be there, and names its runs and datasets as no
 * other does: one stack for all such files of this process, which ends with it.
 */
export const shareAtelierStack = (): Promise<AtelierStack> =>
  onStack(
    () => (shared ??= startStack()),
    async () => {},
  );

const startStack = (options: StackOptions = {}): Promise<TestStack> =>
  startTestStack({ worker: true, searchAttributes: localSearchAttributes, ...options });

async function onStack(
  start: () => Promise<TestStack>,
  leave: (stack: TestStack) => Promise<void>,
): Promise<AtelierStack> {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-pipeline-'));
  const stack = await start();
  const store = openStore(stack.state.s3);
  const mirror = await serveFolder(folder);
  const dataset: AtelierStack['dataset'] = (name, options = {}) =>
    syntheticDataset({ directory: join(folder, name), name, ...options });
  return {
    stack,
    store,
    folder,
    atelier: (args, variables = {}, onStart) =>
      runCommand([program, ...args], folder, { ...stack.variables, ...variables }, onStart),
    dataset,
    async served(name, options) {
      const path = await dataset(name, options);
      const descriptor = JSON.parse(await readFile(path, 'utf8'));
      const served = { ...descriptor, mirrors: [`${mirror.address}/${name}`] };
      await writeFile(path, JSON.stringify(served));
      return path;
    },
    async runRecord(runId) {
      const content = await store.getRunFile(runId, 'run.json');
      return JSON.parse(content!.toString()) as RunRecord;
    },
    async stop() {
      mirror.close();
      await leave(stack);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The files below a folder under an http address. */
async function serveFolder(folder: string): Promise<{ address: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const bytes = await readFile(join(folder, request.url ?? '')).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** Runs Node with only these settings of services. */
function runCommand(
  args: readonly string[],
  cwd: string,
  variables: Record<string, string>,
  onStart?: (child: ChildProcessWithoutNullStreams) => void,
): Promise<CommandResult> {
  const child = spawn(process.execPath, args, { cwd, env: toolVariables(variables) });
  onStart?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({
        code,
        stdout,
        stderr,
        output: stdout + stderr,
        json: () => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as RunJson,
      }),
    );
  });
}

/** Flags of a training that costs little: to compile takes longer than a few small steps. */
export const quick = [
  '--engine',
  'eager',
  '--widths',
  '16',
  '--residual',
  '0',
  '--batchSize',
  '300',
];

/** What an uncaught error would leave behind. */
export const stackTrace = /^\s+at .+\(?.+:\d+:\d+\)?$/m;
