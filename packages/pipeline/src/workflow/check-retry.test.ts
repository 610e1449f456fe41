import { expect, test } from 'vitest';
import { checkRetry, retryDescription } from './check-retry.ts';

const order = ['data', 'train', 'select', 'evaluate', 'report'];

const check = (settings: Record<string, unknown>, parked: string) => () =>
  checkRetry(settings, parked, (stage) => order.indexOf(stage) < order.indexOf(parked));

test('what does not alter finished stages is accepted', () => {
  const batch = { stage: 'evaluate', evaluationBatch: 10, threads: 1 };
  expect(check(batch, 'evaluate')).not.toThrow();
  expect(check({ mirrors: ['file:///a', 'https://b'], evaluationBatch: 1 }, 'data')).not.toThrow();
  expect(check({}, 'train')).not.toThrow();
});

test.each([
  [{ batchSize: 3 }, 'batchSize: expected only stage, mirrors, threads, evaluationBatch.'],
  [{ stage: 'train' }, 'stage: expected evaluate, which is parked; found train.'],
  [{ mirrors: ['https://a'] }, 'mirrors: it is for stage data, which is done already.'],
  [{ threads: 0 }, 'threads: expected at least 1; found 0.'],
  [{ threads: 2000 }, 'threads: expected at most 1024; found 2000.'],
  [{ evaluationBatch: 1.5 }, 'evaluationBatch: expected a whole number; found 1.5.'],
  [{ evaluationBatch: 'all' }, 'found "all"'],
])('%j is refused with a reason', (settings, reason) => {
  expect(check(settings, 'evaluate')).toThrow(reason);
});

test('a mirror has to be an address', () => {
  for (const mirrors of ['https://a', [3]])
    expect(check({ mirrors }, 'data')).toThrow('mirrors: expected a ');
  for (const address of ['ftp://a', 'https://me:pw@a', 'https://a/?t=1'])
    expect(check({ mirrors: ['https://b', address] }, 'data')).toThrow(
      /mirrors: expected an address .*; found "/,
    );
});

test('the description of the update names all that may change', () => {
  expect(retryDescription).toBe(
    'Try the parked stage again. Optional: {"stage": "<name>", "mirrors": ["<url>"], "threads": <n>, "evaluationBatch": <n>}',
  );
});
