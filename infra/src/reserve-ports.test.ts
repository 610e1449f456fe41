import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseClosedPorts, choosePorts } from './ports.ts';
import { reservePorts } from './reserve-ports.ts';
import type { StackPorts } from './stack-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-ports-'));
});
afterEach(() => rm(folder, { recursive: true }));

const open = { temporal: 41_000, temporalUi: 41_001, s3: 41_002, s3Console: 41_003 };
async function stack(name: string): Promise<StackPorts> {
  const home = join(folder, name);
  await mkdir(home, { recursive: true });
  return reservePorts(folder, home, async (isFree) => ({
    ...(await choosePorts(open, isFree)),
    ...(await chooseClosedPorts({ temporalHttp: 6665, temporalMetrics: 6666 }, isFree)),
  }));
}

test('stacks that are started side by side share no port, before anything listens', async () => {
  const stacks = await Promise.all(['a', 'b', 'c'].map(stack));
  const ports = stacks.flatMap((it) => Object.values(it));
  expect(new Set(ports).size).toBe(ports.length);
  // A stack's own ports are its own.
  expect(await stack('b')).toEqual(stacks[1]);
});

test('the ports of a stack that is gone are free, and so are those of a note that is damaged', async () => {
  const first = await stack('a');
  const { pid } = spawnSync(process.execPath, ['--version']);
  const gone = { ports: Object.values(first), by: { pid, identity: 'of a process that ended' } };
  await writeFile(join(folder, 'ports.json'), JSON.stringify({ gone }));
  expect(await stack('b')).toEqual(first);
  // Its folder is removed, and the process that had planned it, this one, goes on.
  await rm(join(folder, 'b'), { recursive: true });
  expect(await stack('d')).toEqual(first);
  await writeFile(join(folder, 'ports.json'), '{"a": 7');
  expect(await stack('c')).toEqual(first);
});
