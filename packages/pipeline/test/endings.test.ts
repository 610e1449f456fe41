import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pipelineQueue, workflowIdOf, workflowType } from '../src/names.ts';
import { type AtelierStack, quick, startAtelierStack } from './atelier-stack.ts';

let at: AtelierStack;
let dataset: string;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  at = await startAtelierStack();
  dataset = await at.served('endings');
  connection = await Connection.connect({ address: at.stack.state.temporal.address });
  client = new Client({ connection });
});
afterAll(async () => {
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
  for (const run of ['a', 'b'])
    expect((await at.atelier(['start', '--dataset', absent, '--run', run])).code).toBe(1);
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
  const { configuration } = await at.runRecord('d');
  const begin = (runId: string, workflowExecutionTimeout: '1 minute' | '1 second') =>
    client.workflow.start(workflowType, {
      workflowId: workflowIdOf(runId),
      taskQueue: pipelineQueue,
      args: [{ ...configuration, recipe: { ...configuration.recipe, epochs: 5000 } }],
      workflowExecutionTimeout,
    });
  await (await begin('e', '1 minute')).terminate('for the test');
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

  const endings = { e: /terminated/, f: /took longer/, g: /a run g already/ };
  for (const [run, words] of Object.entries(endings)) {
    const followed = await at.atelier(['follow', run]);
    expect(followed.code).toBe(1);
    expect(followed.stderr).toMatch(words);
  }
  expect((await at.atelier(['cancel', 'a'])).stderr).toContain('Run a is over already: aborted.');
});
