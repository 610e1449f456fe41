import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { add, countVitest, summaryLine } from '../bootstrap/test-counts.mjs';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-counts-'));
});
afterAll(() => rm(folder, { recursive: true }));

const report = async (fields: object): Promise<string> => {
  const path = join(folder, 'report.json');
  const none = {
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [],
  };
  await writeFile(path, JSON.stringify({ ...none, ...fields }));
  return path;
};

test('tests are counted as vitest counts them', async () => {
  const path = await report({ numPassedTests: 7, numFailedTests: 2, numPendingTests: 1 });
  expect(countVitest(path, false)).toEqual({ passed: 7, failed: 2, skipped: 1 });
});

test('a file that does not even load is a failure', async () => {
  const path = await report({
    numPassedTests: 7,
    testResults: [{ status: 'failed', assertionResults: [] }],
  });
  expect(countVitest(path, false)).toEqual({ passed: 7, failed: 1, skipped: 0 });
});

test('a run that failed in another way, or left no report, is a failure', async () => {
  expect(countVitest(await report({ numPassedTests: 7 }), false).failed).toBe(1);
  expect(countVitest(join(folder, 'absent.json'), false)).toEqual({
    passed: 0,
    failed: 1,
    skipped: 0,
  });
});

test('the last line is plain', () => {
  const counts = add({ passed: 1, failed: 0, skipped: 0 }, { passed: 2, failed: 3, skipped: 0 });
  expect(summaryLine(counts)).toBe('3 passed, 3 failed');
  expect(summaryLine({ ...counts, skipped: 4 })).toBe('3 passed, 3 failed, 4 skipped');
});
