import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sweep, withTemporaryDirectory } from './temporary-directory.ts';

const parent = mkdtempSync(join(tmpdir(), 'sweep-'));
afterAll(() => rmSync(parent, { recursive: true }));

test('a folder lasts as long as the function that uses it, also when it throws', () => {
  const seen: string[] = [];
  const use = (directory: string) => {
    writeFileSync(join(directory, 'file'), 'x');
    seen.push(directory);
  };
  withTemporaryDirectory(use);
  expect(() =>
    withTemporaryDirectory((directory) => {
      use(directory);
      throw new Error('boom');
    }),
  ).toThrow('boom');
  expect(seen.length).toBe(2);
  expect(seen.filter((directory) => existsSync(directory))).toEqual([]);
});

const ours = (): string[] =>
  readdirSync(parent)
    .filter((name) => name.startsWith('tfjs-graph-'))
    .sort();

test('a killed process leaves a folder, which a later start sweeps', () => {
  const source = new URL('./temporary-directory.ts', import.meta.url).href;
  const program = `import(${JSON.stringify(source)}).then(({ withTemporaryDirectory }) =>
    withTemporaryDirectory(() => process.kill(process.pid, 'SIGKILL')))`;
  const child = spawnSync(process.execPath, ['--import', 'tsx', '-e', program], {
    env: { TMPDIR: parent },
  });
  expect(child.signal).toBe('SIGKILL');
  const left = ours()[0];
  expect(left).toMatch(new RegExp(`^tfjs-graph-${child.pid}-`));
  sweep(parent);
  expect(ours()).toEqual([left]); // too young: another container may own it
  const hourAgo = new Date(Date.now() - 3_600_000);
  for (const name of [left as string, `tfjs-graph-${process.pid}-alive`, 'tfjs-graph-notes']) {
    mkdirSync(join(parent, name), { recursive: true });
    utimesSync(join(parent, name), hourAgo, hourAgo);
  }
  sweep(parent);
  expect(ours()).toEqual([`tfjs-graph-${process.pid}-alive`, 'tfjs-graph-notes']);
});

test('what is no folder of this user’s own stays', () => {
  const name = join(parent, 'tfjs-graph-4194304-a');
  const elsewhere = mkdtempSync(join(parent, 'elsewhere-'));
  utimesSync(elsewhere, new Date(0), new Date(0));
  symlinkSync(elsewhere, name);
  lutimesSync(name, new Date(0), new Date(0));
  sweep(parent);
  expect(lstatSync(name).isSymbolicLink()).toBe(true);
});
