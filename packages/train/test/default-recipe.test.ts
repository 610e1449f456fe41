import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const program = fileURLToPath(new URL('chunked-epoch.ts', import.meta.url));

/** @param pinned to one core, whatever the number of threads */
async function digests(threads: number, chunks: number[], pinned = false): Promise<string[]> {
  const node = [
    process.execPath,
    '--import',
    'tsx',
    program,
    String(threads),
    ...chunks.map(String),
  ];
  const [command, ...parameters] = pinned ? ['taskset', '--cpu-list', '0', ...node] : node;
  return JSON.parse((await run(command!, parameters)).stdout) as string[];
}

test('468 steps of the default recipe give the same bits in every division, on one thread and core and on all', async () => {
  const [first] = await digests(2, [468]);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  const pinned = process.platform === 'linux' && availableParallelism() > 1;
  expect(await digests(1, [10], pinned)).toEqual([first]);
});
