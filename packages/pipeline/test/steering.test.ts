import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BlobRef, sha256 } from '@atelier/artifacts';
import { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gateSettingsSchema } from '../src/configuration/gate-settings.ts';
import { resolveRunConfig } from '../src/configuration/read-config.ts';
import { runOptionsSchema } from '../src/configuration/run-options.ts';
import {
  failureTypes,
  pipelineQueue,
  pruneType,
  trainQueue,
  workflowIdOf,
  workflowType,
} from '../src/names.ts';
import { readCron } from '../src/nights/cron.ts';
import { nightActivities } from '../src/nights/night-activities.ts';
import { actionOf, policies, scheduleIdOf, specOf } from '../src/nights/schedules.ts';
import { indexRun, readIndex } from '../src/record/run-index.ts';
import { type Decision, outcomeOfPromotion } from '../src/registry/decision.ts';
import { decide, newestDecision, readHistory } from '../src/registry/decision-log.ts';
import { type PruneFailure, pruneActivities } from '../src/retention/prune-activities.ts';
import type { RunConfig } from '../src/run-configuration.ts';
import { type CloseInput, runRecordActivities } from '../src/run-record.ts';
import { tryAgain } from '../src/stage-activity/translate-failure.ts';
import { createStageActivities } from '../src/stages/activities.ts';
import type { StageOutcome } from '../src/stages/index.ts';
import { noTelemetry } from '../src/telemetry/telemetry.ts';
import {
  abortUpdate,
  approveUpdate,
  nextNight,
  progressQuery,
  rejectUpdate,
  reportProgress,
  retryUpdate,
} from '../src/workflow/messages.ts';
import { type AtelierStack, startAtelierStack } from './atelier-stack.ts';
import { until } from './until.ts';

const logger = new DefaultLogger('ERROR');
let at: AtelierStack;
let connection: NativeConnection;
let workflowBundle: { code: string };

beforeAll(async () => {
  Runtime.install({ logger });
  at = await startAtelierStack({ worker: false });
  connection = await NativeConnection.connect({ address: at.stack.state.temporal.address });
  workflowBundle = await bundleWorkflowCode({
    ...{
      logger,
      workflowsPath: fileURLToPath(new URL('../src/workflow/index.ts', import.meta.url)),
    },
    payloadConverterPath: fileURLToPath(
      new URL('../src/workflow/payload-converter.ts', import.meta.url),
    ),
    workflowInterceptorModules: [fileURLToPath(new URL('hours-in-moments.ts', import.meta.url))],
  });
});
afterAll(async () => {
  await connection?.close();
  await at?.stop();
});

const code = { sources: 'the sources of this test' };
const recordActivities = () =>
  runRecordActivities(
    at.store,
    code,
    async () => undefined,
    async () => {},
  );

const begun = '2026-01-31T02:00:00.000Z';
const closing = { revision: 1, outcomes: {}, notices: [] };

/** A worker with the real activities on the test's store, but for these. */
async function workerOf(taskQueue: string, others: object): Promise<Worker> {
  return Worker.create({
    connection,
    taskQueue,
    workflowBundle,
    activities: {
      ...recordActivities(),
      ...(await createStageActivities(taskQueue, {
        ...{ store: at.store, cacheDirectory: at.folder, trainingCapacity: 1 },
        proxies: { exceptions: [] },
        disks: { folders: { scratch: at.folder }, low: 0, tellLow: async () => {} },
        code,
        telemetry: noTelemetry,
        demandsSignature: false,
      })),
      // What is trained here has one checkpoint, or none.
      thinOut: async () => 0,
      ...others,
    },
  });
}

test('a stage whose workers are asked to end again and again is not given up', async () => {
  // As on machines that are deployed to all the time: no attempt gets anywhere.
  let attempts = 0;
  const worker = await workerOf(pipelineQueue, {
    prepareData: () => {
      attempts += 1;
      const failure = tryAgain(failureTypes.shutdown, 'The worker was shut down.');
      Object.assign(failure, { nextRetryDelay: '10ms' });
      throw failure;
    },
  });
  await worker.runUntil(async () => {
    const dataset = await at.dataset('redeployed');
    const start = ['start', '--dataset', dataset, '--run', 'redeployed', '--detach'];
    expect((await at.atelier(start, { ATELIER_WORKER: 'none' })).code).toBe(0);
    // Six would exhaust them.
    await until('many attempts', () => (attempts > 15 ? true : undefined));
    const handle = new Client({ connection }).workflow.getHandle(workflowIdOf('redeployed'));
    expect((await handle.query(progressQuery)).status).toBe('running');
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
  });
});

/** A stage that makes nothing. */
const outcome =
  (summary: object, outputs: StageOutcome['outputs'] = {}) =>
  (): StageOutcome => ({
    ...{ fingerprint: 'f', cache: { hit: false, why: '' }, outputs, summary },
    ...{ seconds: 1, madeBy: 'late', finishedAt: '2026-01-31T02:00:00Z' },
  });

test('a cancellation that comes while a finished run is closed comes too late', async () => {
  const { closeRun } = recordActivities();
  let closing = 0;
  const stages = {
    prepareData: outcome({}),
    train: outcome({}),
    select: outcome({ epoch: 1, validationAccuracy: 1, validationLoss: 0 }),
    evaluate: outcome({ testAccuracy: 1, testLogLoss: 0 }),
    report: outcome({}),
    async closeRun(input: CloseInput) {
      closing += 1;
      await sleep(1_000);
      return closeRun(input);
    },
  };
  const worker = await workerOf(pipelineQueue, stages);
  const trainer = await workerOf(trainQueue, stages);
  await trainer.runUntil(
    worker.runUntil(async () => {
      const dataset = await at.dataset('late');
      const start = ['start', '--dataset', dataset, '--run', 'late', '--detach'];
      expect((await at.atelier(start, { ATELIER_WORKER: 'none' })).code).toBe(0);
      await until('the closing of the run', () => (closing > 0 ? true : undefined));
      const handle = new Client({ connection }).workflow.getHandle(workflowIdOf('late'));
      await handle.cancel();
      expect(await handle.result()).toMatchObject({ runId: 'late', testAccuracy: 1 });
    }),
  );
  expect(closing).toBe(1);
  expect((await at.runRecord('late')).status).toBe('finished');
});

test("a run that ends before it has claimed its name leaves another's record alone", async () => {
  const { openRun, closeRun } = recordActivities();
  const config = { searchAttributes: false } as never;
  const run = (executionId: string) => ({
    ...{ runId: 'claimed', workflowId: 'train-claimed', executionId, startedAt: '2026' },
  });
  const close = (executionId: string, status: 'cancelled' | 'aborted') =>
    closeRun({ run: run(executionId), config, seed: 1, status, ...closing });
  await openRun({ run: run('first'), config, seed: 1 });
  await close('second', 'cancelled');
  expect((await at.runRecord('claimed')).status).toBe('running');
  await close('first', 'aborted');
  expect((await at.runRecord('claimed')).status).toBe('aborted');
});

test('of what a run writes the newest stays, whenever it arrives', async () => {
  const { openRun, noteRun, closeRun } = recordActivities();
  const run = {
    ...{ runId: 'noted', workflowId: 'train-noted', executionId: 'x' },
    startedAt: begun,
  };
  const opened = { run, config: { searchAttributes: false } as never, seed: 1 };
  const why = { stage: 'data', kind: 'UserError', message: 'No data.', remedy: 'give it some' };
  await openRun(opened);
  await noteRun({ ...opened, ...closing, status: 'parked', revision: 1, why });
  expect(await at.runRecord('noted')).toMatchObject({ status: 'parked', revision: 1, why });
  const close = { ...opened, ...closing, status: 'failed' as const, revision: 3, why };
  await closeRun(close);
  const closed = await at.runRecord('noted');
  expect(closed).toMatchObject({ status: 'failed', results: {}, why, code });
  // An attempt that counted as lost, and one that did not hear that it had succeeded.
  await noteRun({ ...opened, ...closing, status: 'running', revision: 2 });
  await closeRun(close);
  expect(await at.runRecord('noted')).toEqual(closed);
});

test('fifty runs that end at once are all in the index, each once', async () => {
  // As workers of fifty machines do, each of which has its own turn.
  const record = JSON.parse(
    readFileSync(new URL('recorded/default/run.json', import.meta.url), 'utf8'),
  );
  const names = Array.from({ length: 50 }, (_, i) => `crowd-${i}`);
  const end = async (runId: string) => {
    const ended = { ...record, runId, executionId: runId, startedAt: begun, status: 'failed' };
    const content = Buffer.from(JSON.stringify(ended));
    await at.store.putRunFile(runId, 'run.json', content);
    await indexRun(at.store, content);
  };
  // The first one makes the index.
  await end(names[0]!);
  await Promise.all(names.slice(1).map(end));
  const { rows } = (await readIndex(at.store, begun, () => false))!;
  const crowd = rows.filter(({ runId }) => runId.startsWith('crowd'));
  expect(crowd.map(({ runId, status }) => `${runId} ${status}`).sort()).toEqual(
    names.map((name) => `${name} failed`).sort(),
  );
});

/** Puts a finished run with a model of its own into the store. */
async function finishedRun(runId: string): Promise<void> {
  const record = JSON.parse(
    readFileSync(new URL('recorded/default/run.json', import.meta.url), 'utf8'),
  );
  const model = await at.store.putBlob(Buffer.from(`model of ${runId}`));
  const files = { 'report.html': model, 'model/model.safetensors': model };
  const finished = { ...record, runId, status: 'finished', files };
  await at.store.putRunFile(runId, 'run.json', Buffer.from(JSON.stringify(finished)));
}

test('fifty promotions at once have one order, and the next reader and writer mend the rest', async () => {
  const registry = { dataset: 'fashion-mnist', name: 'champion' };
  const names = Array.from({ length: 50 }, (_, i) => `candidate-${i}`);
  await Promise.all(names.map(finishedRun));
  const promoteRun = async (run: string) => {
    const { files } = (await at.runRecord(run)) as unknown as { files: Record<string, BlobRef> };
    const candidate = { run, model: files['model/model.safetensors']! };
    return decide(at.store, registry, (last) => ({
      ...{ outcome: outcomeOfPromotion(last, candidate), candidate, reason: 'all at once' },
      decidedBy: { kind: 'person' },
    }));
  };
  await Promise.all(names.map(promoteRun));
  const log = (await readHistory(at.store, registry, 100)).reverse() as Decision[];
  expect(log.map(({ number }) => number)).toEqual(names.map((_, i) => i + 1));
  expect(log.map(({ candidate }) => candidate.run).sort()).toEqual([...names].sort());
  expect(log.map(({ before }) => before?.run)).toEqual([
    undefined,
    ...log.slice(0, -1).map(({ champion }) => champion.run),
  ]);

  // All of them died before they moved the pointer.
  const [last, before, third] = log.map(({ champion }) => champion.run).reverse();
  const command = (...args: string[]) => at.atelier(args, { ATELIER_WORKER: 'none' });
  expect((await newestDecision(at.store, registry))!.champion.run).toBe(last);
  const published = () => at.store.readPublished('fashion-mnist/champion', 'model.safetensors', 99);
  expect(await published()).toBeUndefined();
  const back = await command('rollback', '--reason', 'the labels were wrong');
  expect(back.stdout).toContain(`Run ${before} is the champion of fashion-mnist (decision 51)`);
  expect((await published())!.toString()).toBe(`model of ${before}`);
  expect((await at.store.readPointer('champions/fashion-mnist/champion'))!.target).toMatchObject({
    ...{ number: 51, run: before },
    previous: { run: last },
  });

  await at.store.removeAll([`runs/${third}/run.json`]);
  const refused = await command('rollback', '--to', '48', '--reason', 'further back');
  expect(refused.stderr).toMatch(/found: +run \S+, which was removed/);
  expect(refused.stderr).toMatch(new RegExp(`there and not in use: 50 \\(run ${last}\\), 47 `));
  const kept = await command('rm', before!);
  expect(kept.stderr).toMatch(/it is the champion of fashion-mnist[\s\S]*npx atelier promote/);
});

test('what a run does not expect ends or changes nothing but what it is sent to', async () => {
  const { configuration } = JSON.parse(
    readFileSync(new URL('recorded/default/run.json', import.meta.url), 'utf8'),
  ) as { configuration: RunConfig };
  const valid = { ...configuration, searchAttributes: false };
  const worker = await workerOf(pipelineQueue, {
    prepareData: () => {
      throw ApplicationFailure.nonRetryable('No data.', failureTypes.user);
    },
  });
  const client = new Client({ connection });
  const start = (workflowId: string, ...args: unknown[]) =>
    client.workflow.start(workflowType, {
      ...{ workflowId, args, taskQueue: pipelineQueue, workflowExecutionTimeout: '60s' },
    });
  /** As no SDK sends it: in a form that no converter knows. */
  const unreadable = { payloads: [{ metadata: { encoding: Buffer.from('none') }, data: null }] };
  const namespace = 'default';

  await worker.runUntil(async () => {
    const refused: [string, unknown[], RegExp][] = [
      ['train-nothing', [], /where: the argument of the workflow/],
      ['train-empty', [{}], /where: schemaVersion/],
      ['train-typed', [{ ...valid, recipe: 'hi' }], /where: recipe[\s\S]*found: "hi"/],
      ['train-fresh', [{ ...valid, fresh: ['lunch'] }], /where: fresh[\s\S]*one of data, train/],
      ['train-../../up', [valid], /the name of a run/],
    ];
    const handles = await Promise.all(refused.map(([id, args]) => start(id, ...args)));
    await connection.workflowService.startWorkflowExecution({
      ...{ namespace, workflowId: 'train-unreadable', requestId: 'once', input: unreadable },
      workflowType: { name: workflowType },
      taskQueue: { name: pipelineQueue },
    });
    handles.push(client.workflow.getHandle('train-unreadable') as never);
    for (const [i, handle] of handles.entries()) {
      const failure = await handle.result().catch((error: Error) => error.cause);
      expect(failure).toMatchObject({
        ...{ type: failureTypes.user, nonRetryable: true },
        message: expect.stringMatching(refused[i]?.[2] ?? /where: schemaVersion/),
      });
    }

    const run = await start('train-pestered', valid);
    const status = async () => (await run.query(progressQuery)).status;
    await until('parking', async () => ((await status()) === 'parked' ? true : undefined));
    const recorded = async () => (await at.runRecord('pestered')).status;
    await until('a record', async () => ((await recorded()) === 'parked' ? true : undefined));
    expect((await at.runRecord('pestered')).why).toMatchObject({
      ...{ stage: 'data', kind: failureTypes.user, message: 'No data.' },
    });
    for (const report of [undefined, 'x', { stage: 'data', notices: 'abc' }, { epochs: [null] }])
      await run.signal(reportProgress, report as never);
    await connection.workflowService.signalWorkflowExecution({
      ...{ namespace, signalName: reportProgress.name, input: unreadable, requestId: 'twice' },
      workflowExecution: { workflowId: run.workflowId },
    });
    for (const settings of [5, [], 'data', { unknown: 1 }, { mirrors: 'https://a' }])
      await expect(run.executeUpdate(retryUpdate, { args: [settings as never] })).rejects.toThrow();
    for (const reason of [{}, 5, 'x'.repeat(2_000)])
      await expect(run.executeUpdate(abortUpdate, { args: [reason as never] })).rejects.toThrow();
    expect(await status()).toBe('parked');
    await run.executeUpdate(abortUpdate, { args: ['enough'] });
    await expect(run.result()).rejects.toMatchObject({ cause: { type: failureTypes.aborted } });
    expect(await at.runRecord('pestered')).toMatchObject({
      ...{ status: 'aborted', startedBy: { kind: 'person' } },
      why: { stage: 'data', kind: failureTypes.aborted, message: expect.stringMatching(/enough$/) },
    });
  });
});

test('a record that cannot be read keeps no run from ending, and no other from being told', async () => {
  const { openRun, closeRun } = recordActivities();
  const run = { runId: 'torn', workflowId: 'train-torn', executionId: 'x', startedAt: '2026' };
  const config = { searchAttributes: false } as never;
  await at.store.putRunFile('torn', 'run.json', Buffer.from('{"runId": "to'));
  await expect(openRun({ run, config, seed: 1 })).rejects.toMatchObject({
    type: failureTypes.user,
    message: expect.stringContaining('runs/torn/run.json'),
  });
  await closeRun({ run, config, seed: 1, status: 'aborted', ...closing });
  expect((await at.runRecord('torn')).status).toBe('aborted');
});

test('a night that is parked ends after the hours that it may wait, or waits for ever', async () => {
  const { configuration } = JSON.parse(
    readFileSync(new URL('recorded/default/run.json', import.meta.url), 'utf8'),
  ) as { configuration: RunConfig };
  const client = new Client({ connection });
  const worker = await Worker.create({
    ...{ connection, taskQueue: pipelineQueue, workflowBundle },
    activities: {
      ...recordActivities(),
      ...nightActivities,
      prepareData: () => {
        throw ApplicationFailure.nonRetryable('No data.', failureTypes.user);
      },
    },
  });
  /** Has a schedule start a night and waits until it is parked. */
  const night = async (name: string): Promise<string> => {
    const known = await at.store.listRuns();
    await client.schedule.getHandle(scheduleIdOf(name)).trigger('ALLOW_ALL');
    return until(`a parked night of ${name}`, async () => {
      const runs = (await at.store.listRuns()).filter((run) => run.startsWith(name));
      const run = runs.find((one) => !known.includes(one));
      if (run === undefined) return undefined;
      return (await at.runRecord(run)).status === 'parked' ? run : undefined;
    });
  };
  const schedule = async (name: string, whenParked: string): Promise<void> => {
    const config = { ...configuration, seed: 'nightly' as const, searchAttributes: false };
    await client.schedule.create({
      scheduleId: scheduleIdOf(name),
      spec: specOf({ cron: readCron('30 4 * * *'), timezone: 'UTC' }),
      action: actionOf(name, { ...config, whenParked }),
      policies,
    });
  };
  await worker.runUntil(async () => {
    await schedule('hours', '36h');
    await schedule('waits', 'wait');
    const waits = await night('waits');
    const hours = await night('hours');
    const handle = client.workflow.getHandle(workflowIdOf(hours));
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: failureTypes.gaveWay } });
    expect(await at.runRecord(hours)).toMatchObject({
      ...{ status: 'failed', why: { stage: 'data', kind: failureTypes.gaveWay } },
    });
    expect((await at.runRecord(hours)).why?.message).toMatch(/mended it after 36 h: No data/);
    // The next one is due, and stands beside it.
    const next = await night('waits');
    for (const run of [waits, next]) {
      const { status } = await client.workflow.getHandle(workflowIdOf(run)).query(progressQuery);
      expect(status).toBe('parked');
    }
  });
});

test('what a gate would put in use waits for a person, for so many hours', async () => {
  const { configuration } = JSON.parse(
    readFileSync(new URL('recorded/default/run.json', import.meta.url), 'utf8'),
  ) as { configuration: RunConfig };
  const model = await at.store.putBlob(Buffer.from('held'));
  const told: Record<string, unknown> = {};
  const asked: string[] = [];
  let isFirst = true;
  const stages = {
    ...nightActivities,
    prepareData: outcome({}),
    train: outcome({}),
    select: outcome({ epoch: 1, validationAccuracy: 1, validationLoss: 0 }, { model }),
    evaluate: outcome({ testAccuracy: 1, testLogLoss: 0 }),
    report: outcome({}),
    weighCandidate: ({ run }: { run: { runId: string } }) => {
      asked.push(run.runId);
      const found = run.runId === 'worse' ? 'held' : 'promoted';
      return { outcome: found, sentence: `The gate found: ${found}.` };
    },
    promote: ({ run, approval }: { run: { runId: string }; approval?: unknown }) => {
      told[run.runId] = approval;
      if (run.runId === 'approved' && isFirst) {
        isFirst = false;
        throw ApplicationFailure.nonRetryable('It is gone.', failureTypes.user);
      }
      return outcome({ outcome: 'held', sentence: 'Held.' })();
    },
  };
  const client = new Client({ connection });
  const holding = (gate: object) => ({
    ...{ ...configuration, searchAttributes: true, promote: true, gateCount: 9 },
    gate: gateSettingsSchema.parse(gate),
  });
  const start = (run: string, gate: object) =>
    client.workflow.start(workflowType, {
      ...{ workflowId: workflowIdOf(run), taskQueue: pipelineQueue, args: [holding(gate)] },
    });
  const worker = await workerOf(pipelineQueue, stages);
  const trainer = await workerOf(trainQueue, stages);
  await trainer.runUntil(
    worker.runUntil(async () => {
      const waits = async (run: string, kind: string) =>
        until(`${run} to wait`, async () => {
          const { attention } = await client.workflow
            .getHandle(workflowIdOf(run))
            .query(progressQuery);
          return attention?.kind === kind ? attention : undefined;
        });
      const [limited, worse, unheld] = await Promise.all([
        start('limited', { hold: true, holdHours: 30 }),
        start('worse', { hold: true }),
        start('unheld', {}),
      ]);
      await Promise.all([limited, worse, unheld].map((run) => run.result()));
      expect(told).toEqual({
        limited: { answer: 'none', reason: 'nobody had approved it after 30 h' },
        worse: undefined,
        unheld: undefined,
      });
      expect(asked.sort()).toEqual(['limited', 'worse']);

      // Long enough for the command, which starts a process.
      const long = { hold: true, holdHours: 9_000 };
      const approved = await start('approved', long);
      expect(await waits('approved', failureTypes.approval)).toMatchObject({
        ...{ stage: 'promote', message: 'The gate found: promoted.' },
      });
      await until('a record', async () =>
        (await at.runRecord('approved')).status === 'parked' ? true : undefined,
      );
      const retried = approved.executeUpdate(retryUpdate, { args: [undefined] });
      await expect(retried).rejects.toThrow();
      for (const given of [undefined, 'yes', {}, { reason: '' }, { reason: 'a', more: 1 }])
        await expect(
          approved.executeUpdate(approveUpdate, { args: [given as never] }),
        ).rejects.toThrow();
      await approved.executeUpdate(approveUpdate, { args: [{ reason: 'looked', by: 'ada' }] });
      // The stage fails then: a retry asks nobody again.
      await waits('approved', failureTypes.user);
      await approved.executeUpdate(retryUpdate, { args: [undefined] });
      await approved.result();
      expect(told.approved).toEqual({ answer: 'approved', reason: 'looked', by: 'ada' });

      const rejected = await start('rejected', long);
      await waits('rejected', failureTypes.approval);
      const args = ['reject', 'rejected', '--reason', 'in doubt'];
      const { code, stdout } = await at.atelier(args, { ATELIER_WORKER: 'none' });
      expect([code, stdout]).toEqual([0, expect.stringContaining('rejected: Rejected: what')]);
      expect(told.rejected).toMatchObject({ answer: 'rejected', reason: 'in doubt' });
      await rejected.result();

      await client.schedule.create({
        scheduleId: scheduleIdOf('holding'),
        spec: specOf({ cron: readCron('30 4 * * *'), timezone: 'UTC' }),
        action: actionOf('holding', holding(long)),
        policies,
      });
      await client.schedule.getHandle(scheduleIdOf('holding')).trigger('ALLOW_ALL');
      const night = await until('a night', () => asked.find((run) => run.startsWith('holding')));
      await waits(night, failureTypes.approval);
      const held = client.workflow.getHandle(workflowIdOf(night));
      await held.signal(nextNight, 'holding-2');
      await held.result();
      expect(told[night]).toEqual({
        ...{ answer: 'none', reason: 'nobody had approved it when holding-2 was due' },
      });

      const aborted = await start('given-up', long);
      await waits('given-up', failureTypes.approval);
      await aborted.executeUpdate(abortUpdate, { args: ['enough'] });
      await expect(aborted.result()).rejects.toMatchObject({ cause: { type: 'Aborted' } });
      expect('given-up' in told).toBe(false);
      expect((await at.runRecord('given-up')).status).toBe('aborted');
    }),
  );
});

test('what was trained in earnest is put in use by who approves it, and by nobody else', async () => {
  const dataset = await at.dataset('held');
  const config = (holdHours: number): Promise<RunConfig> =>
    resolveRunConfig(
      runOptionsSchema.parse({
        ...{ dataset, promote: true, gate: { hold: true, holdHours } },
        network: { widths: [16], residual: 0 },
        recipe: { epochs: 1, batchSize: 300, engine: 'eager' },
      }),
    );
  const client = new Client({ connection });
  // All take the work of the first, but for what is asked and decided.
  const start = async (run: string, holdHours = 9_000) =>
    client.workflow.start(workflowType, {
      ...{ workflowId: workflowIdOf(run), taskQueue: pipelineQueue },
      args: [await config(holdHours)],
    });
  const asked = (handle: Awaited<ReturnType<typeof start>>) =>
    until('a person to be asked', async () => {
      const { attention } = await handle.query(progressQuery);
      return attention?.kind === failureTypes.approval ? attention.message : undefined;
    });
  const said = async (run: string) => (await at.runRecord(run)).stages.promote.summary;
  const registry = { dataset: 'held', name: 'champion' };
  const found = 'First: no model of held was in use.';
  const worker = await workerOf(pipelineQueue, {});
  const trainer = await workerOf(trainQueue, {});
  await trainer.runUntil(
    worker.runUntil(async () => {
      await (await start('too-late', 30)).result();
      expect(await said('too-late')).toEqual({
        outcome: 'held',
        sentence: `Held: nobody had approved it after 30 h. What the gate found: ${found}`,
      });
      const doubted = await start('doubted');
      expect(await asked(doubted)).toBe(found);
      await doubted.executeUpdate(rejectUpdate, { args: [{ reason: 'in doubt', by: 'ada' }] });
      await doubted.result();
      expect((await said('doubted')).sentence).toMatch(/^Held: rejected by ada: in doubt\. What/);
      expect(await readHistory(at.store, registry, 9)).toEqual([]);

      const [approved, asWell] = [await start('looked-at'), await start('asked-as-well')];
      await Promise.all([approved, asWell].map(asked));
      for (const handle of [approved, asWell]) {
        await handle.executeUpdate(approveUpdate, { args: [{ reason: 'looked', by: 'ada' }] });
        await handle.result();
      }
      const log = (await readHistory(at.store, registry, 9)) as Decision[];
      // By the time that the second is approved, the same model is in use.
      expect(log).toMatchObject([
        { number: 2, outcome: 'unchanged', decidedBy: { kind: 'gate' } },
        {
          ...{ number: 1, outcome: 'first', champion: { run: 'looked-at' } },
          decidedBy: { kind: 'person', name: 'ada' },
        },
      ]);
      const { sentence } = await said('looked-at');
      expect(sentence).toBe(`Approved by ada: looked. ${found}`);
      expect(log[1]!.reason).toBe(sentence);
      const report = (await at.store.getRunFile('looked-at', 'report.html'))!.toString();
      expect(report).toContain(sentence);
      const published = await at.store.readPublished('held/champion', 'model.safetensors', 2 ** 24);
      expect(sha256(published!)).toBe(log[1]!.champion.model.sha256);
    }),
  );
});

test('a removal of old runs that fails says why, and somebody is told', async () => {
  const told: PruneFailure[] = [];
  const activities = pruneActivities({
    ...{ variables: {}, credentials: undefined },
    tell: async (failure) => void told.push(failure),
  });
  const worker = await workerOf(pipelineQueue, activities);
  await worker.runUntil(async () => {
    for (const [keeping, words] of [
      [{ keepLast: 1, keepDays: 1 }, 'ATELIER_S3_PRUNER_CREDENTIALS_FILE'],
      [{ keepLast: '--yes', keepDays: 1 }, 'where: keepLast'],
    ] as const) {
      const handle = await new Client({ connection }).workflow.start(pruneType, {
        ...{ workflowId: 'prune', args: [keeping], taskQueue: pipelineQueue },
      });
      await expect(handle.result()).rejects.toThrow();
      const message = expect.stringContaining(words);
      expect(told.at(-1)).toEqual({ id: handle.firstExecutionRunId, message });
    }
  });
});
