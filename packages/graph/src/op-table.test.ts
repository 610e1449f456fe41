import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const script = 'packages/graph/scripts/op-table.py';
const table = 'packages/graph/src/op-table.ts';
const tfjsNode = createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json');
const deps = join(dirname(tfjsNode), 'deps');
const library = join(deps, 'lib', 'libtensorflow_cc.so.2');
// The table is that of the build for CPUs; others register some ops more or fewer.
const tabled = process.arch === 'x64' && !existsSync(join(deps, 'nvidia'));

const without = (lines: string[], others: string[]): string[] => {
  const known = new Set(others);
  return lines.filter((line) => !known.has(line));
};

test.runIf(tabled)('op-table.ts describes the ops of the installed library', () => {
  const generated = execFileSync('python3', [script, library], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).split('\n');
  const present = readFileSync(join(root, table), 'utf8').split('\n');
  expect(
    { missing: without(generated, present), outdated: without(present, generated) },
    `Write the table anew: python3 ${script} ${library} > ${table}`,
  ).toEqual({ missing: [], outdated: [] });
});
