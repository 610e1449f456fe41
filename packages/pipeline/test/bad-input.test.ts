import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type AtelierStack,
  type CommandResult,
  stackTrace,
  startAtelierStack,
} from './atelier-stack.ts';

let at: AtelierStack;
let dataset: string;

beforeAll(async () => {
  at = await startAtelierStack();
  dataset = await at.dataset('bad-input');
});
afterAll(() => at?.stop());

function expectError(result: CommandResult, code: number, ...parts: (string | RegExp)[]): void {
  for (const part of parts) expect(result.stderr).toMatch(part);
  expect(result.output).not.toMatch(stackTrace);
  expect(result.code).toBe(code);
}

test.each([
  [['--epochs', '0'], /--epochs[\s\S]*at least 1[\s\S]*found: 0/],
  [['--epoch', '3'], /unknown option '--epoch'/],
  [['--dataset', 'absent.json'], /absent\.json/],
  [['--run', 'a/b'], /--run/],
  [['--fresh', 'training'], /--fresh[\s\S]*one of data, train, select[\s\S]*"training"/],
])('start %j is refused before anything starts', async (flags, message) => {
  expectError(await at.atelier(['start', ...flags]), 2, message);
});

test.each([
  [['compare', '--help'], /unknown command 'compare'/],
  [['help', 'compare'], /unknown command 'compare'/],
  [['folow', '-h'], /unknown command 'folow'\s+\(Did you mean follow\?\)/],
])('%j is an error that names the commands', async (args, message) => {
  expectError(await at.atelier(args), 2, message, /^Commands: start, follow, .*worker$/m);
});

test('a batch larger than the dataset stops the run at once and says what would fit', async () => {
  const result = await at.atelier(['start', '--dataset', dataset, '--batchSize', '601']);
  expectError(
    result,
    1,
    /recipe\.batchSize[\s\S]*at most 600[\s\S]*found: 601/,
    /npx atelier abort/,
  );
});

test('files with other content than the descriptor says are refused', async () => {
  const descriptor = JSON.parse(await readFile(dataset, 'utf8'));
  descriptor.name = 'forged';
  descriptor.files.trainImages.sha256 = 'a'.repeat(64);
  const forged = join(at.folder, 'bad-input', 'forged.json');
  await writeFile(forged, JSON.stringify(descriptor));
  const result = await at.atelier(['start', '--dataset', forged, '--run', 'forged']);
  expectError(result, 1, /Stage data of run forged failed/, /a{64}/);
});

test('a parked run goes on where it stopped once its cause is mended', async () => {
  // A dataset that no cache of downloads has.
  const unseen = await at.dataset('unseen', { seed: randomInt(2 ** 31) });
  const descriptor = JSON.parse(await readFile(unseen, 'utf8'));
  const [mirror] = descriptor.mirrors as string[];
  const path = join(at.folder, 'moved.json');
  const nowhere = { ...descriptor, name: 'moved', mirrors: [`file://${at.folder}/nowhere`] };
  await writeFile(path, JSON.stringify(nowhere));
  const moved = ['--dataset', path];
  const parked = await at.atelier(['start', ...moved, '--epochs', '2', '--run', 'moved']);
  expectError(parked, 1, /nowhere/, /npx atelier retry moved/);
  // Lists are a little behind.
  const newest = async () => JSON.parse((await at.atelier(['runs', '--json'])).stdout)[0];
  await expect
    .poll(newest, { timeout: 60_000 })
    .toMatchObject({ runId: 'moved', status: 'parked', stage: 'data: UserError' });

  expectError(await at.atelier(['retry', 'moved', '--stage', 'train']), 1, /expected data/);
  expectError(await at.atelier(['retry', 'moved', '--mirror', 'ftp://x']), 1, /mirrors: expected/);
  expectError(
    await at.atelier(['retry', 'moved', '--threads', '0']),
    1,
    /threads: expected at least 1; found 0/,
  );
  const all = ['--evaluationBatch', 'all'];
  expectError(await at.atelier(['retry', 'moved', ...all]), 1, /evaluationBatch: .*found "all"/);
  const mended = await at.atelier([
    'retry',
    'moved',
    '--mirror',
    mirror!,
    '--evaluationBatch',
    '7',
    '--json',
  ]);
  expect(mended.code).toBe(0);
  expect(mended.json()).toMatchObject({ runId: 'moved' });
  // What it was retried with reached the stage that it is for.
  const { fingerprint } = (await at.runRecord('moved')).stages.evaluate;
  expect((await at.store.readStage('evaluate', fingerprint))?.inputs.batch).toBe(7);
});

test('a parked run can be given up', async () => {
  const start = ['start', '--dataset', dataset, '--batchSize', '700', '--run', 'hopeless'];
  expectError(await at.atelier(start), 1, /at most 600/);
  const mirror = ['retry', 'hopeless', '--mirror', 'https://example.org'];
  expectError(await at.atelier(mirror), 1, /mirrors: it is for stage data, which is done already/);
  const aborted = await at.atelier(['abort', 'hopeless', '--reason', 'too large']);
  expect(aborted).toMatchObject({
    code: 0,
    stdout: 'Run hopeless: Aborted at stage train: too large\n',
  });
  expectError(await at.atelier(['follow', 'hopeless']), 1, /Aborted at stage train: too large/);
  expectError(await at.atelier(['retry', 'hopeless']), 1, /hopeless refused this/);
  expect((await at.runRecord('hopeless')).status).toBe('aborted');
});

test('a run that nobody knows is named', async () => {
  for (const command of ['follow', 'cancel', 'retry', 'abort'])
    expectError(await at.atelier([command, 'nobody']), 1, /no run nobody/);
  expectError(await at.atelier(['fetch', 'nobody']), 1, /no run nobody/);
  expectError(await at.atelier(['fetch', 'hopeless']), 1, /has no report[\s\S]*aborted/);
});

test('external services that refuse or do not answer are named', async () => {
  const { s3, temporal } = at.stack.state;
  // A home of its own: the commands are not to touch the stack of this test.
  const external = {
    ATELIER_HOME: join(at.folder, 'elsewhere'),
    TEMPORAL_ADDRESS: temporal.address,
    ATELIER_S3_ENDPOINT: s3.endpoint,
    ATELIER_S3_ACCESS_KEY: s3.accessKey,
    ATELIER_S3_SECRET_KEY: s3.secretKey,
  };
  const start = (change: Record<string, string>) =>
    at.atelier(['start', '--dataset', dataset, '--detach'], { ...external, ...change });
  const wrong = { ATELIER_S3_SECRET_KEY: 'not-the-secret' };
  expectError(await start(wrong), 1, /refused the credentials/);
  expectError(await start({ ATELIER_S3_BUCKET: 'Not_A_Bucket' }), 2, /ATELIER_S3_BUCKET/);
  expectError(await start({ ATELIER_S3_ENDPOINT: 'http://127.0.0.1:9' }), 1, /ECONNREFUSED/);
  const away = { TEMPORAL_ADDRESS: '127.0.0.1:9' };
  expectError(await start(away), 1, /Temporal does not answer[\s\S]*127\.0\.0\.1:9/);
  expect((await start({})).code).toBe(0);
});

test('a schedule that cannot be is refused', async () => {
  const schedule = ['schedule', '--dataset', dataset];
  expectError(await at.atelier([...schedule, '--cron', 'now and then']), 2, /--cron/);
  expectError(await at.atelier([...schedule, '--timezone', 'Nowhere/City']), 2, /Nowhere\/City/);
});
