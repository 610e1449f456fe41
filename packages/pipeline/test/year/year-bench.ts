import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { provideProgramsFor, readIdentity } from '@atelier/infra';
import { Client, Connection } from '@temporalio/client';
import { openStore, type Store } from '../../src/run-store.ts';
import { type AtelierStack, startAtelierStack } from '../atelier-stack.ts';
import { noSmallDisk } from '../crash-matrix/small-disk.ts';
import { openReceiver, type Receiver } from '../receiver.ts';
import { type HeldDisk, holdDisk } from './held-disk.ts';
import { type Mirror, openMirror } from './mirror.ts';

/** A stack that lives through a year, and all that it deals with. */
export interface YearBench {
  at: AtelierStack;
  client: Client;
  /** As the identity that removes. */
  pruner: Store;
  receiver: Receiver;
  mirror: Mirror;
  /** Under the store; or why there is none here. */
  disk: HeldDisk | string;
  /** What `atelier up` does. */
  up(): Promise<void>;
  close(): Promise<void>;
}

const silent = { info: () => {}, warn: () => {} };

export async function openYearBench(): Promise<YearBench> {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-year-'));
  const environment = readEnvironment();
  const { minio } = await provideProgramsFor(environment, silent);
  const disk = (await noSmallDisk()) ?? (await holdDisk(folder, minio!));
  const receiver = await openReceiver();
  const mirror = await openMirror(folder);
  const programs = typeof disk === 'string' ? {} : { minio: disk.program };
  const at = await startAtelierStack({ variables: receiver.variables, programs });
  const { state, environment: own } = at.stack;
  const connection = await Connection.connect({ address: state.temporal.address });
  const { accessKey, secretKey } = readIdentity(own.home, own.bucket, 'pruner')!;
  return {
    ...{ at, receiver, mirror, disk },
    client: new Client({ connection }),
    pruner: openStore({ ...state.s3, accessKey, secretKey }),
    async up() {
      const now = await at.stack.up();
      if (now.s3.endpoint !== state.s3.endpoint || now.temporal.address !== state.temporal.address)
        throw new Error('the stack came up on other ports');
    },
    async close() {
      await connection.close();
      await at.stop();
      receiver.close();
      mirror.close();
      if (typeof disk !== 'string') disk.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
