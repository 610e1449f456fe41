import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AtelierEnvironment, type Credentials, readEnvironment } from '@atelier/environment';
import { isPrivateFolder, privateFolder } from '@atelier/files';
import { isRunning, recordProcess } from '@atelier/processes';
import { silent } from './command-log.ts';
import { ensureStack, USUAL_PORTS } from './ensure-stack.ts';
import { ensureRootCredentials } from './local-credentials.ts';
import type { SearchAttributes, WorkerCommand } from './services.ts';
import { readPlan, readRecord, type StackPorts, sharedFolder } from './stack-file.ts';
import type { StackState } from './stack-state.ts';
import { stopStack } from './stop-stack.ts';

const PREFIX = 'atelier-test-';

export interface TestStack {
  state: StackState;
  /** For calling ensureStack, stackStatus and the like on this stack. */
  environment: AtelierEnvironment;
  /** For a process that shall use this stack, e.g. the atelier command: ATELIER_HOME. */
  variables: Record<string, string>;
  /** The identity of the store that may do anything, for what the product has no identity for. */
  root: Credentials;
  /** What `atelier up` does on this stack, for when its supervisor was killed. */
  up(): Promise<StackState>;
  /** Ends all of it and removes its folder. */
  stop(): Promise<void>;
}

/**
 * A real stack for one test file, with its own folder and ports, beside whatever else runs. It
 * ends with this process, however that ends.
 */
export async function startTestStack({
  worker = false,
  searchAttributes = {},
  programs = {},
  variables = {},
  metrics = false,
}: {
  worker?: boolean | WorkerCommand;
  searchAttributes?: SearchAttributes;
  /** Programs to run in these services' places. */
  programs?: { temporal?: string; minio?: string };
  /** For the worker and for commands on top of this process's. */
  variables?: Record<string, string>;
  /** Whether the worker serves metrics. */
  metrics?: boolean;
} = {}): Promise<TestStack> {
  const { temporal: _temporal, s3: _s3, ...local } = readEnvironment();
  const folder = sharedFolder(local);
  await privateFolder(folder, 'test stacks, in the cache (XDG_CACHE_HOME moves it)');
  await sweepAbandonedStacks(folder);
  const home = await mkdtemp(join(folder, PREFIX));
  const binaries = { ...local.binaries, ...programs };
  const forwarded = { ...local.forwarded, ...variables };
  const environment = { ...local, home, binaries, forwarded, localWorker: true };
  const ownedBy = recordProcess(process.pid);
  const stop = async (): Promise<void> => {
    await stopStack({ environment, log: silent });
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  const up = (): Promise<StackState> =>
    ensureStack({
      environment,
      log: silent,
      worker,
      searchAttributes,
      ...(ownedBy && { ownedBy }),
      ports: testPorts(),
      ...(metrics && { metrics: testPorts().s3Console + 1 }),
    });
  try {
    const state = await up();
    const root = await ensureRootCredentials(home);
    return { state, environment, variables: { ...variables, ATELIER_HOME: home }, root, up, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Away from the usual ports, and by pid, so that parallel tests seldom compete for the same ones. */
function testPorts(): StackPorts {
  const base = 20_000 + 10 * (process.pid % 1_000);
  return {
    ...USUAL_PORTS,
    temporal: base,
    temporalUi: base + 1,
    s3: base + 2,
    s3Console: base + 3,
  };
}

/**
 * Ends and removes stacks of tests that were killed together with their supervisor. What is written
 * there names processes to kill, so only what this user alone can have written counts.
 */
export async function sweepAbandonedStacks(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(PREFIX));
  // What cannot be read, as of another version, is left: it does not keep tests from running.
  for (const name of names) await sweepStack(join(folder, name)).catch(() => {});
}

async function sweepStack(home: string): Promise<void> {
  if (!(await isPrivateFolder(home))) return;
  const plan = await readPlan(home);
  if (plan?.ownedBy === undefined || isRunning(plan.ownedBy)) return;
  if (isRunning((await readRecord(home))?.supervisor)) return;
  await stopStack({ environment: { ...readEnvironment(), home }, log: silent });
  await rm(home, { recursive: true, force: true });
}
