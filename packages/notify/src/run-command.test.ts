import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parked } from './fixtures.ts';
import { runNotifyCommand } from './index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-notify-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a command reads the message from its input, and gets no credential', async () => {
  vi.stubEnv('ATELIER_S3_SECRET_KEY', 'canary');
  vi.stubEnv('ATELIER_NOTIFY_SECRET', 'canary');
  const out = join(folder, 'told');
  const command = `{ cat; echo; echo "$ATELIER_EVENT of $ATELIER_RUN"; env; } > '${out}'`;
  await runNotifyCommand(command, parked).finally(() => vi.unstubAllEnvs());
  const [message, event, ...variables] = (await readFile(out, 'utf8')).split('\n');
  expect(JSON.parse(message!)).toEqual(parked);
  expect(event).toBe(`parked of ${parked.run}`);
  expect(variables.join('\n')).not.toContain('canary');
});

test('one that fails says how', async () => {
  const failing = runNotifyCommand('echo no such channel >&2; exit 3', parked);
  await expect(failing).rejects.toThrow(/exit code 3: no such channel/);
});

test('one that reads nothing and leaves something running is over when it is', async () => {
  const began = performance.now();
  await runNotifyCommand('sleep 20 & exit 0', parked);
  expect(performance.now() - began).toBeLessThan(10_000);
});
