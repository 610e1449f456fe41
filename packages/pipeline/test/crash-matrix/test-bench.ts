import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openObjects } from '@atelier/artifacts';
import { readEnvironment } from '@atelier/environment';
import {
  atelierWorker,
  type StackState,
  stackStatus,
  startTestStack,
  type TestStack,
  type WorkerCommand,
} from '@atelier/infra';
import { Client, Connection } from '@temporalio/client';
import { openStore, type Store } from '../../src/run-store.ts';
import { localSearchAttributes } from '../../src/searchable.ts';
import { openReceiver, type Receiver } from '../receiver.ts';
import { until } from '../until.ts';
import { otherClock } from './clock.ts';
import { onSmallCache, type Programs } from './small-disk.ts';
import { openStorageProxy, receiverKey, type StorageProxy } from './storage-proxy.ts';
import { openTemporalGate, type TemporalGate } from './temporal-gate.ts';

/** A stack whose worker reaches the store and Temporal only through proxies of this process. */
export interface TestBench {
  readonly stack: TestStack;
  readonly storage: StorageProxy;
  readonly temporal: TemporalGate;
  /** Past the proxy. */
  readonly store: Store;
  /** Past the gate. */
  readonly client: Client;
  /** Is told of every run; it refuses every message when it comes for the first time. */
  readonly receiver: Receiver;
  /** The folder of the worker's cache, which `atelier/` is in. */
  readonly cache: string;
  state(): StackState;
  /** What `atelier up` does. */
  up(): Promise<void>;
  /** Waits until every service is in health. */
  healthy(): Promise<void>;
  /** An empty bucket, empty caches and every service in health: nothing of an earlier cell is left. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** What the worker keeps beside the store; without it, every stage has to do its work. */
const caches = ['datasets', 'blobs', 'training'];

/** What is unusual about a stack. */
export interface Circumstances {
  programs?: Programs;
  /** The worker's cache is on a small disk. */
  smallCache?: boolean;
  /** The worker's clock can be set. */
  ownClock?: boolean;
}

export async function openTestBench(circumstances: Circumstances = {}): Promise<TestBench> {
  const { programs, smallCache, ownClock } = circumstances;
  let state: StackState | undefined;
  const current = (): StackState => {
    if (state === undefined) throw new Error('The stack does not run yet.');
    return state;
  };
  const { bucket } = readEnvironment();
  const storage = await openStorageProxy(() => current().s3.endpoint, bucket);
  // The worker of a stack may be there before this process is told of the stack.
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const temporal = await openTemporalGate(async () => {
    await begun;
    return current().temporal.address;
  });
  const cache = await mkdtemp(join(tmpdir(), 'atelier-matrix-'));
  const receiver = await openReceiver(async () => {
    await storage.watch?.({ phase: 'arrived', method: 'POST', key: receiverKey });
  });
  const closeDoors = async (): Promise<void> => {
    temporal.close();
    storage.close();
    receiver.close();
    await rm(cache, { recursive: true, force: true });
  };
  const worker = workerThrough({
    ...receiver.variables,
    ATELIER_S3_ENDPOINT: storage.endpoint,
    TEMPORAL_ADDRESS: temporal.address,
    XDG_CACHE_HOME: cache,
    ...(ownClock && (await otherClock(cache))),
  });
  const stack = await startTestStack({
    searchAttributes: localSearchAttributes,
    worker: smallCache ? onSmallCache(cache, worker) : worker,
    ...(programs && { programs }),
  }).catch(async (error: unknown) => {
    // What listens would keep the whole matrix from its end.
    await closeDoors();
    throw error;
  });
  state = stack.state;
  begin();
  const healthy = async (): Promise<void> => {
    const isHealthy = async () =>
      (await stackStatus(stack.environment)).condition === 'running' || undefined;
    await until('every service to be healthy', isHealthy, 60);
  };
  const store = openStore(state.s3);
  const connection = await Connection.connect({ address: state.temporal.address });
  return {
    stack,
    storage,
    temporal,
    store,
    client: new Client({ connection }),
    receiver,
    cache,
    state: current,
    async up() {
      const before = current();
      state = await stack.up();
      const moved =
        before.s3.endpoint !== state.s3.endpoint ||
        before.temporal.address !== state.temporal.address;
      if (moved) throw new Error('the stack came up on other ports');
    },
    healthy,
    async reset() {
      await healthy();
      await store.ensureBucket();
      // No identity of the product may remove everything.
      const objects = openObjects({ ...current().s3, ...stack.root });
      const all = await objects.list('');
      await Promise.all(all.map(({ key }) => objects.remove(key)));
      for (const name of caches)
        await rm(join(cache, 'atelier', name), { recursive: true, force: true });
    },
    async close() {
      await connection.close();
      await stack.stop();
      await closeDoors();
    },
  };
}

/** Atelier's own worker, told of other addresses than those of the stack. */
function workerThrough(variables: Record<string, string>): WorkerCommand {
  const { command, args } = atelierWorker(readEnvironment());
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return { command: 'env', args: [...settings, command, ...args] };
}
