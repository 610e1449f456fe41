import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startMirror } from '@atelier/download/testing';
import { expect, test } from 'vitest';
import type { DataSource } from '../commands/data-source.ts';
import { openConsole } from '../terminal/console.ts';
import { fetchSource } from './fetch-source.ts';

test('of two commands that fetch the same, one waits for the other, and then finds it there', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'fetch-source-'));
  const content = Buffer.alloc(2 ** 16, 'a');
  const server = await startMirror({ 'a.npz': content });
  server.behave('a.npz', { pace: 5, etag: '"1"' });
  try {
    const path = join(scratch, 'digest', 'files', 'a.npz');
    const address = new URL(`${server.url}/a.npz`);
    const source: DataSource = { given: address.href, path, address, kind: 'npz' };
    const lines: string[] = [];
    const console = { ...openConsole(true), line: (text = '') => void lines.push(text) };
    const fetchOnce = (): Promise<void> =>
      fetchSource(source, console, new AbortController().signal);
    const first = fetchOnce();
    await pause(30);
    await Promise.all([first, fetchOnce()]);
    expect(await readFile(path)).toEqual(content);
    expect(server.seen.map(({ status }) => status)).toEqual([200, 304]);
    expect(lines).toEqual([`Waiting for process ${process.pid}, which fetches the same.`]);
  } finally {
    await server.stop();
    await rm(scratch, { recursive: true });
  }
});
