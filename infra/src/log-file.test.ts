import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastLines, openLog, rotateLog } from './log-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-log-'));
  path = join(folder, 'logs', 'a.log');
  await (await openLog(path)).close();
});
afterEach(() => rm(folder, { recursive: true }));

test('the last lines, whether or not the file ends in one', async () => {
  expect(await lastLines(path, 3)).toEqual([]);
  await writeFile(path, 'one\ntwo\nthree\nfour\n');
  expect(await lastLines(path, 3)).toEqual(['two', 'three', 'four']);
  await appendFile(path, 'five');
  expect(await lastLines(path, 2)).toEqual(['four', 'five']);
  expect(await lastLines(join(folder, 'none'), 2)).toEqual([]);
});

test('a log that grew too large is cut, and its writer goes on at the new start', async () => {
  const writer = await openLog(path);
  await writer.write('x'.repeat(100));
  await rotateLog(path, 100);
  expect(await readFile(path, 'utf8')).toHaveLength(100);
  await writer.write('y');
  await rotateLog(path, 100);
  await writer.write('after');
  await writer.close();
  expect(await readFile(path, 'utf8')).toBe('after');
  expect(await readFile(`${path}.1`, 'utf8')).toBe(`${'x'.repeat(100)}y`);
});
