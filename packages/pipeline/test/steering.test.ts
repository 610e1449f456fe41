import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPipelineActivities } from '../src/activities/index.ts';
import { tryAgain } from '../src/activities/translate-failure.ts';
import { failureTypes } from '../src/failure-types.ts';
import { pipelineQueue, workflowIdOf } from '../src/names.ts';
import type { Progress } from '../src/progress.ts';
import { bundleWorkflows } from '../src/worker/bundle.ts';
import { type AtelierStack, startAtelierStack } from './atelier-stack.ts';
import { until } from './until.ts';

const logger = new DefaultLogger('ERROR');
let at: AtelierStack;
let connection: NativeConnection;

beforeAll(async () => {
  Runtime.install({ logger });
  at = await startAtelierStack(false);
  connection = await NativeConnection.connect({ address: at.stack.state.temporal.address });
});
afterAll(async () => {
  await connection?.close();
  await at?.stop();
});

test('a stage whose workers are asked to end again and again is not given up', async () => {
  // As on machines that are deployed to all the time: no attempt gets anywhere.
  let attempts = 0;
  const worker = await Worker.create({
    connection,
    taskQueue: pipelineQueue,
    workflowBundle: { code: await bundleWorkflows(logger) },
    activities: {
      ...createPipelineActivities({ store: at.store, cacheDirectory: at.folder }),
      prepareData: () => {
        attempts += 1;
        const failure = tryAgain(failureTypes.shutdown, 'The worker was shut down.');
        Object.assign(failure, { nextRetryDelay: '10ms' });
        throw failure;
      },
    },
  });
  await worker.runUntil(async () => {
    const dataset = await at.dataset('redeployed');
    const start = ['start', '--dataset', dataset, '--run', 'redeployed', '--detach'];
    expect((await at.atelier(start, { ATELIER_WORKER: 'none' })).code).toBe(0);
    // Six would exhaust them.
    await until('many attempts', () => (attempts > 15 ? true : undefined));
    const handle = new Client({ connection }).workflow.getHandle(workflowIdOf('redeployed'));
    expect((await handle.query<Progress>('progress')).status).toBe('running');
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
  });
});
