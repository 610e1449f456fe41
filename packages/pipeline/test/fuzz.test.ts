import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute } from './fuzz/execute.ts';
import { fuzz } from './fuzz/run-fuzz.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-findings-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('no decoder of foreign bytes fails without an explanation, or takes long, or much memory', async () => {
  const { counts, findings } = await fuzz({
    seed: 1,
    budget: { minutes: 1 },
    folder,
  });
  expect(findings).toEqual([]);
  expect(Object.values(counts).every((count) => count > 0)).toBe(true);
});

test('the fuzzer sees an error that explains nothing, a second of work, and memory', async () => {
  const kept: unknown[] = [];
  const decoders = {
    error: () => JSON.parse('{'),
    // Before what leaves garbage, whose memory it would take.
    memory: () => kept.push(new Uint8Array(400 * 2 ** 20).fill(1)),
    time() {
      const began = process.cpuUsage().user;
      while (process.cpuUsage().user < began + 1.1e6) Buffer.alloc(1e6).fill(1);
    },
  };
  for (const [kind, decode] of Object.entries(decoders)) {
    const fault = await execute({ name: kind, seeds: [], site: 0, decode }, Buffer.from('input'));
    expect(fault?.kind).toBe(kind);
  }
});
