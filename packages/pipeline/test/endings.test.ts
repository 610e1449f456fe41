import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openObjects } from '@atelier/artifacts';
import { readDescriptor } from '@atelier/data';
import { startMirror } from '@atelier/download/testing';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pipelineQueue, runIdOf, workflowIdOf, workflowType } from '../src/names.ts';
import { scheduleIdOf } from '../src/nights/schedules.ts';
import { reconcileRecords } from '../src/record/reconcile.ts';
import { readIndex } from '../src/record/run-index.ts';
import { runRecordSchema } from '../src/record/run-record-schema.ts';
import { decide, newestDecision } from '../src/registry/decision-log.ts';
import { type AtelierStack, quick, startAtelierStack } from './atelier-stack.ts';
import { openReceiver, type Receiver } from './receiver.ts';
import { until } from './until.ts';
import { signal, untilWorker } from './worker-processes.ts';

let at: AtelierStack;
let dataset: string;
let connection: Connection;
let client: Client;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await openReceiver();
  at = await startAtelierStack({ variables: receiver.variables });
  dataset = await at.served('endings');
  connection = await Connection.connect({ address: at.stack.state.temporal.address });
  client = new Client({ connection });
});
afterAll(async () => {
  receiver?.close();
  await connection?.close();
  await at?.stop();
});

const start = (run: string, ...flags: string[]) =>
  at.atelier(['start', '--dataset', dataset, '--run', run, ...flags]);

async function statuses(): Promise<Record<string, string>> {
  const { stdout } = await at.atelier(['runs', '--json']);
  const rows = JSON.parse(stdout) as { runId: string; status: string }[];
  return Object.fromEntries(rows.map(({ runId, status }) => [runId, status]));
}

test('a command that changes a run takes the one that is named, or the only one', async () => {
  // No command looks behind an http mirror before a run starts.
  const descriptor = JSON.parse(
    await readFile(await at.served('absent', { seed: randomInt(2 ** 31) }), 'utf8'),
  );
  const absent = join(at.folder, 'absent.json');
  const mirrors = [`${descriptor.mirrors[0]}/nowhere`];
  await writeFile(absent, JSON.stringify({ ...descriptor, mirrors }));
  for (const run of ['a', 'b']) expect((await start(run, '--dataset', absent)).code).toBe(1);
  for (const command of ['abort', 'cancel']) {
    const refused = await at.atelier([command]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^2 runs are (parked|going on)\.[\s\S]*there are b, a$/m);
  }
  expect(await statuses()).toMatchObject({ a: 'parked', b: 'parked' });

  const named = await at.atelier(['abort', 'b', '--reason', 'newest']);
  expect(named).toMatchObject({ code: 0, stdout: 'Run b: Aborted at stage data: newest\n' });
  // One that trains does not wait for a person: it is not meant.
  expect((await start('c', ...quick, '--epochs', '5000', '--detach')).code).toBe(0);
  const only = await at.atelier(['abort', '--reason', 'only']);
  expect(only).toMatchObject({ code: 0, stdout: 'Run a: Aborted at stage data: only\n' });
  const none = await at.atelier(['retry']);
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('No run is parked') });
  const cancelled = await at.atelier(['cancel']);
  expect(cancelled).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Run c is stopped.'),
  });
});

test('every run is listed by how it ended', async () => {
  expect((await start('d', ...quick, '--epochs', '2')).code).toBe(0);
  // Told of, although the receiver refused at first.
  const of = (run: string) => receiver.messages.find((message) => message.run === run);
  const finished = await until('word of run d', () => of('d'));
  expect(receiver.refused).toBeGreaterThan(0);
  expect(finished).toMatchObject({ event: 'finished', dataset: 'endings' });
  expect(await (await fetch(finished.reportUrl!)).text()).toContain('<!doctype html>');
  expect(of('a')).toMatchObject({ event: 'parked', reason: expect.stringContaining('nowhere') });
  expect(of('b')?.commands).toContain('npx atelier retry b');
  expect(receiver.messages.some(({ run }) => run === 'c')).toBe(false);
  const { configuration } = await at.runRecord('d');
  const begin = (runId: string, workflowExecutionTimeout: '1 minute' | '1 second') =>
    client.workflow.start(workflowType, {
      workflowId: workflowIdOf(runId),
      taskQueue: pipelineQueue,
      args: [{ ...configuration, recipe: { ...configuration.recipe, epochs: 5000 } }],
      workflowExecutionTimeout,
    });
  const terminated = await begin('e', '1 minute');
  await until('its record', async () => (await at.store.hasRunFile('e', 'run.json')) || undefined);
  await terminated.terminate('for the test');
  await expect((await begin('f', '1 second')).result()).rejects.toThrow();
  // Its name is another run's.
  await at.store.createRunFile('g', 'run.json', Buffer.from('{"executionId":"another"}'));
  await expect((await begin('g', '1 minute')).result()).rejects.toThrow();

  expect(await statuses()).toEqual({
    ...{ a: 'aborted', b: 'aborted', c: 'cancelled', d: 'finished' },
    ...{ e: 'terminated', f: 'timed out', g: 'failed' },
  });
  const { stdout } = await at.atelier(['runs']);
  expect(stdout).toMatch(/^a +aborted /m);
  expect(stdout).toMatch(/^f +timed out /m);
  expect(stdout).toMatch(/^a +aborted .* Aborted at stage data: only$/m);
  const failed = await at.atelier([
    'runs',
    '--json',
    '--status',
    'failed,timed out',
    '--limit',
    '2',
  ]);
  expect(JSON.parse(failed.stdout)).toMatchObject([
    { runId: 'g', why: { message: expect.stringContaining('a run g already') } },
    { runId: 'f', why: { kind: 'TimedOut' } },
  ]);

  const endings = { e: /terminated: for the test/, f: /took longer/, g: /a run g already/ };
  for (const [run, words] of Object.entries(endings)) {
    const followed = await at.atelier(['follow', run]);
    expect(followed.code).toBe(1);
    expect(followed.stderr).toMatch(words);
  }
  expect((await at.atelier(['cancel', 'a'])).stderr).toContain('Run a is over already: aborted.');
});

test('how runs ended that could not say so is put on record, and read as if it were', async () => {
  // By its record it still runs; the list above knew better.
  expect((await at.runRecord('e')).status).toBe('running');
  const logged: string[] = [];
  const told: string[] = [];
  let dies = true;
  const tell = async (record: Buffer) => {
    const { runId, status } = JSON.parse(record.toString());
    if (dies) throw new Error(`the worker died before it told of ${runId}`);
    told.push(`${runId} ${status}`);
  };
  const reconcile = () =>
    reconcileRecords(client, at.store, tell, ({ workflowId, status }) => {
      logged.push(`${workflowId} ${status}`);
    });
  // What one wrote on record and did not live to tell, the next one tells.
  await expect(reconcile()).rejects.toThrow('told of e');
  expect((await at.runRecord('e')).status).toBe('terminated');
  dies = false;
  await reconcile();
  await reconcile();
  expect(told).toEqual(['e terminated', 'f timed out']);
  expect(logged).toEqual(['train-f timed out']);
  expect(await at.runRecord('e')).toMatchObject({
    ...{ status: 'terminated', why: { kind: 'Terminated' }, timeline: expect.any(Array) },
  });
  const { rows } = (await readIndex(at.store, undefined, () => false))!;
  expect(rows.map(({ runId, status }) => `${runId} ${status}`).sort()).toEqual([
    ...['a aborted', 'b aborted', 'c cancelled', 'd finished', 'e terminated', 'f timed out'],
  ]);
});

test('a run that Temporal has forgotten is listed, tagged, shown, followed and fetched', async () => {
  const workflowExecution = { workflowId: workflowIdOf('d') };
  const namespace = 'default';
  await connection.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
  const handle = client.workflow.getHandle(workflowIdOf('d'));
  const known = () =>
    handle.describe().then(
      () => undefined,
      () => true,
    );
  await until('Temporal to forget it', known);
  expect(await statuses()).toMatchObject({ d: 'finished', e: 'terminated' });

  expect((await at.atelier(['tag', 'd', 'best'])).stdout).toBe('Run d has the tag best.\n');
  expect((await at.atelier(['note', 'best', 'for the paper'])).code).toBe(0);
  const shown = await at.atelier(['show', 'best', '--json']);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    ...{ runId: 'd', status: 'finished', tags: ['best'], notes: [{ text: 'for the paper' }] },
    changed: { 'recipe.epochs': 2, 'recipe.engine': 'eager' },
  });
  const followed = await at.atelier(['follow', 'best', '--json']);
  expect(followed.code, followed.output).toBe(0);
  expect(followed.json()).toMatchObject({ runId: 'd', testAccuracy: expect.any(Number) });
  const fetched = await at.atelier(['fetch', 'best', '--out', join(at.folder, 'out')]);
  expect(fetched.stdout).toContain('The files of run d are in');
});

test('the page of runs is renewed after every run, and shown to whoever has its address', async () => {
  const objects = openObjects(at.stack.state.s3);
  const kept = async () => (await objects.get('runs/index.html', 10e6))?.content?.toString();
  await until('run d on the page', async () =>
    (await kept())?.includes('>d</a>') ? true : undefined,
  );

  let child: ChildProcess | undefined;
  let said = '';
  const opened = at.atelier(['open', '--no-browser'], {}, (started) => {
    child = started;
    started.stdout.on('data', (chunk) => {
      said += chunk;
    });
  });
  const address = await until('the address', () => /^(http:\S+)\n/m.exec(said)?.[1]);
  const get = async (path: string, host = new URL(address).host) => {
    const asked = request(new URL(path, address), { headers: { host } }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: answer.statusCode, body: await text(answer) };
  };
  expect(await get('')).toMatchObject({ status: 200, body: expect.stringContaining('>d</a>') });
  const report = await get('d/report.html');
  expect(report).toMatchObject({ status: 200, body: expect.stringMatching(/^<!doctype html>/) });
  // A name that was made to mean this machine; whoever has not been given the address.
  expect((await get('', 'evil.example')).status).toBe(403);
  for (const path of ['/', '/d/report.html', 'd/run.json', 'd/..%2Fe', 'nobody/report.html'])
    expect((await get(path)).status, path).toBe(404);
  // Something else lies where the report was.
  await objects.put('runs/d/report.html', Buffer.from('<script>'));
  expect((await get('d/report.html')).status).toBe(404);
  child?.kill('SIGINT');
  expect((await opened).code).toBe(0);
});

test('nights of a schedule follow a source, and what is in use follows their decisions', async () => {
  const path = await at.dataset('followed', { seed: 1 });
  const fixed = await readDescriptor(path);
  const mirror = await startMirror({});
  const serve = async (folder: string, etag: string) => {
    for (const { name } of Object.values(fixed.files))
      mirror.behave(name, { etag, bytes: await readFile(join(at.folder, folder, name)) });
  };
  const following = Object.entries(fixed.files).map(([role, { name }]) => [
    role,
    { name, follow: true },
  ]);
  const files = Object.fromEntries(following);
  await writeFile(path, JSON.stringify({ ...fixed, mirrors: [mirror.url], files }));
  const flags = [...quick, '--epochs', '2', '--seed', '5', '--cron', '30 4 * * *'];
  const made = await at.atelier(['schedule', '--dataset', path, ...flags]);
  expect(made.code, made.output).toBe(0);
  // The mirror has nothing yet, which is for the night to mend.
  expect(made.stderr).toMatch(/No mirror has .+ No night can train as long as this is so\./);

  const scheduleId = scheduleIdOf('nightly');
  const known = new Set<string>();
  const night = async () => {
    const before = mirror.seen.length;
    await client.schedule.getHandle(scheduleId).trigger('ALLOW_ALL');
    const workflowId = await until('another night', async () => {
      const query = `TemporalScheduledById = "${scheduleId}"`;
      for await (const { workflowId } of client.workflow.list({ query }))
        if (!known.has(workflowId)) return workflowId;
      return undefined;
    });
    known.add(workflowId);
    const handle = client.workflow.getHandle(workflowId);
    const problem = await handle.result().then(
      () => undefined,
      (error) => error,
    );
    const answers = mirror.seen.slice(before).map(({ status }) => status);
    return { problem, answers, record: await at.runRecord(runIdOf(workflowId)) };
  };
  const accepted = () => at.store.readPointer('datasets/followed');
  const registry = { dataset: 'followed', name: 'champion' };
  const newest = () => newestDecision(at.store, registry);
  const runOf = ({ record }: Awaited<ReturnType<typeof night>>): string => record.runId;

  await serve('followed', '"1"');
  const first = await night();
  expect([first.problem, first.answers]).toEqual([undefined, [200, 200, 200, 200]]);
  expect(await accepted()).toMatchObject({ target: { of: runOf(first) } });
  expect(await newest()).toMatchObject({
    ...{ number: 1, outcome: 'first', decidedBy: { kind: 'gate' } },
    champion: { run: runOf(first) },
  });
  await until(
    'word of the champion',
    () =>
      receiver.messages.some(({ run, event }) => run === runOf(first) && event === 'promoted') ||
      undefined,
  );

  const second = await night();
  expect([second.problem, second.answers]).toEqual([undefined, [304, 304, 304, 304]]);
  expect(second.record.stages.train).toMatchObject({ cache: { hit: true } });
  expect(await newest()).toMatchObject({ number: 2, outcome: 'unchanged' });

  // A hundred images more: another model, decided on by what both say of the same images.
  await at.dataset('more', { seed: 1, train: 700 });
  await serve('more', '"2"');
  const third = await night();
  expect([third.problem, third.answers]).toEqual([undefined, [200, 200, 200, 200]]);
  expect(third.record.notices.join()).toMatch(
    new RegExp(`since run ${runOf(first)}: images of train 600, now 700 \\(\\+16`),
  );
  expect(third.record.stages.data.cache.hit).toBe(false);
  const page = await at.store.getRunFile(runOf(third), 'report.html');
  expect(page!.toString()).toMatch(
    /<p>The data changed since run [^<]+images of train 600, now 700/,
  );
  const decided = (await newest())!;
  expect(decided).toMatchObject({ number: 3, candidate: { run: runOf(third) } });
  expect(decided.evidence).toMatchObject({ look: expect.anything() });

  await at.dataset('few', { seed: 1, train: 300 });
  await serve('few', '"3"');
  const standing = await accepted();
  const fourth = await night();
  expect(fourth.record).toMatchObject({ status: 'failed', why: { kind: 'DataContract' } });
  expect(fourth.record.why!.message).toMatch(/images of train: 700, now 300 \(-57.1 %\)/);
  expect(fourth.record.why!.message).toMatch(/at most 20 %[\s\S]*`npx atelier accept \S+`/);
  expect(fourth.record.stages.train).toBeUndefined();
  expect(await accepted()).toEqual(standing);
  expect(standing).toMatchObject({ target: { of: runOf(third) } });
  expect(await newest()).toEqual(decided);

  const accept = await at.atelier(['accept', runOf(fourth)]);
  expect(accept.stdout).toMatch(/accepted as run \S+ found it[\s\S]*700, now 300/);
  expect(await accepted()).toMatchObject({ target: { of: runOf(fourth) } });

  // Whoever died between a decision and the pointer: who goes back reads it, and mends the rest.
  const other = [first, third].map(runOf).find((run) => run !== decided.champion.run)!;
  const candidate = {
    run: other,
    model: (await at.runRecord(other)).files['model/model.safetensors']!,
  };
  await decide(at.store, registry, () => ({
    ...{ outcome: 'promoted', candidate, reason: 'for a while' },
    decidedBy: { kind: 'person' },
  }));
  const back = await at.atelier(['rollback', '--dataset', 'followed', '--reason', 'it was better']);
  expect(back.stdout).toContain(`Run ${decided.champion.run} is the champion`);
  expect(await at.store.readPointer('champions/followed/champion')).toMatchObject({
    target: { number: 5, run: decided.champion.run },
  });

  // The bytes are the store's: a mirror that has moved on takes nothing from a run.
  for (const { content } of Object.values(fourth.record.source!.files))
    expect(await at.store.inspectBlob(content, 'content')).toBeUndefined();
  await mirror.stop();
});

test('a night that loses one of its seeds, and its worker, puts the median of the others forward', async () => {
  const path = await at.dataset('several', { seed: 4 });
  const flags = ['--name', 'several', '--nightlySeeds', '3', ...quick, '--epochs', '2'];
  const made = await at.atelier(['schedule', '--dataset', path, ...flags]);
  expect(made.code, made.output).toBe(0);
  const scheduleId = scheduleIdOf('several');
  await client.schedule.getHandle(scheduleId).trigger('ALLOW_ALL');
  const night = await until('the night', async () => {
    const query = `TemporalScheduledById = "${scheduleId}"`;
    for await (const { workflowId } of client.workflow.list({ query })) return workflowId;
    return undefined;
  });
  const [lost] = await until('its seeds', async () => {
    const { raw } = await client.workflow.getHandle(night).describe();
    const begun = (raw.pendingChildren ?? []).filter((child) => child.runId);
    return begun.length === 3 ? begun : undefined;
  });
  await client.workflow.getHandle(lost!.workflowId!).terminate('to see what comes of it');
  signal(await untilWorker(at), 'SIGKILL');
  await client.workflow.getHandle(night).result();

  const runId = runIdOf(night);
  const record = async (run: string) => runRecordSchema.parse(await at.runRecord(run));
  const { seed, seeds, stages, results, notices, files } = await record(runId);
  const finished = seeds!.runs.filter(({ state }) => state === 'finished');
  expect(seeds!.runs.filter(({ state }) => state === 'failed')).toMatchObject([
    { run: runIdOf(lost!.workflowId!) },
  ]);
  expect(notices.join()).toContain(`its run ${runIdOf(lost!.workflowId!)} did not finish`);
  const [median] = finished.sort((a, b) => a.validationAccuracy! - b.validationAccuracy!);
  expect(seeds!.spread).toMatchObject({
    ...{ chosen: seed, validationAccuracy: { min: median!.validationAccuracy } },
  });
  expect(results).toMatchObject({ validationAccuracy: median!.validationAccuracy });
  // What the seeds share was done once, and nothing is trained again for the night.
  const works = await Promise.all(finished.map(async ({ run }) => (await record(run)).stages));
  expect(works.map(({ data }) => [data!.cache.hit, data!.madeBy])).toEqual([
    [true, runId],
    [true, runId],
  ]);
  const own = finished.find((one) => one.seed === seed)!;
  expect(stages).toMatchObject({
    ...{ train: { cache: { hit: true }, madeBy: own.run }, report: { madeBy: runId } },
    promote: { summary: { outcome: 'first' } },
  });
  const report = JSON.parse((await at.store.getBlob(files['report.json']!)).toString());
  expect(report).toMatchObject({ seed, seeds: { chosen: seed, seeds: [{}, {}] } });

  // The night is what people mean by the last run, what is in use, and what the page plots.
  expect((await newestDecision(at.store, { dataset: 'several', name: 'champion' }))!).toMatchObject(
    {
      champion: { run: runId },
    },
  );
  expect(await at.store.readPointer('latest')).toMatchObject({ target: { runId } });
  expect(await record(own.run)).toMatchObject({ startedBy: { kind: 'run', name: runId } });
  await until('its band', async () => {
    const page = (await openObjects(at.stack.state.s3).get('runs/index.html', 10e6))?.content;
    return page?.toString().includes('1 with the band of their seeds') || undefined;
  });
  const told = await until('word of the night', () => {
    const all = receiver.messages.filter(({ run }) => run?.startsWith(runId));
    return all.length > 1 ? all : undefined;
  });
  expect(told.map(({ run }) => run)).toEqual([runId, runId]);
}, 120_000);
