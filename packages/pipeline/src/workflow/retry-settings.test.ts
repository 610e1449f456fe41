import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkRetry, retryDescription, retryWays } from './retry-settings.ts';

const descriptor = JSON.parse(
  readFileSync(new URL('../../../../datasets/fashion-mnist.json', import.meta.url), 'utf8'),
);
const order = ['data', 'train', 'select', 'evaluate', 'report'];

const isDone = (parked: string) => (stage: string) => order.indexOf(stage) < order.indexOf(parked);

const check = (settings: Record<string, unknown>, parked: string) => () =>
  checkRetry(settings, parked, isDone(parked), isDone(parked));

test('what does not alter finished stages is accepted', () => {
  const batch = { stage: 'evaluate', evaluationBatch: 10, threads: 1 };
  expect(check(batch, 'evaluate')).not.toThrow();
  expect(check({ mirrors: ['file:///a', 'https://b'], evaluationBatch: 1 }, 'data')).not.toThrow();
  expect(check({}, 'train')).not.toThrow();
});

test.each([
  [{ batchSize: 3 }, 'batchSize: expected only stage, dataset, mirrors, threads, evaluationBatch'],
  [{ stage: 'train' }, 'stage: expected evaluate, which is parked; found "train".'],
  [{ mirrors: ['https://a'] }, 'mirrors: it is for stage data, which is done already.'],
  [{ threads: 0 }, 'threads: expected at least 1; found 0.'],
  [{ threads: 2000 }, 'threads: expected at most 1024; found 2000.'],
  [{ evaluationBatch: 1.5 }, 'evaluationBatch: expected a whole number; found 1.5.'],
  [{ evaluationBatch: 'all' }, 'found "all"'],
])('%j is refused with a reason', (settings, reason) => {
  expect(check(settings, 'evaluate')).toThrow(reason);
});

test.each([5, 'train', [], true])('%j are no settings', (given) => {
  expect(() => checkRetry(given as never, 'train', isDone('train'), isDone('train'))).toThrow(
    /expected a group of fields; found/,
  );
});

test('a mirror has to be an address', () => {
  for (const mirrors of ['https://a', [3]])
    expect(check({ mirrors }, 'data')).toThrow('mirrors: expected a ');
  for (const address of ['ftp://a', 'https://me:pw@a', 'https://a/?t=1'])
    expect(check({ mirrors: ['https://b', address] }, 'data')).toThrow(
      /mirrors: expected an address .*; found "/,
    );
});

test('a refusal shows no secret, and of a long or deep payload the beginning', () => {
  const secret = { mirrors: ['https://me:hush@a'] };
  expect(check(secret, 'data')).toThrow('found "https://…@a"');
  let deep: unknown = 1;
  for (let level = 0; level < 200_000; level++) deep = [deep];
  for (const wrong of [deep, 'x'.repeat(1_000_000)])
    for (const name of ['mirrors', 'dataset', 'threads', 'stage']) {
      expect(check({ [name]: wrong }, 'data')).toThrow(/^\w+: expected .{1,300}$/s);
    }
});

test('the description of the update names all that may change', () => {
  expect(retryDescription).toContain(
    'Try the parked stage again. Optional: {"stage": "<name>", "dataset": {…}, "mirrors": ["<url>"], "threads": <n>, "evaluationBatch": <n>',
  );
});

test('another dataset is taken while the stage of data is not done, whole and in its form', () => {
  expect(check({ dataset: descriptor }, 'data')).not.toThrow();
  expect(check({ dataset: descriptor }, 'train')).toThrow('dataset: it is for stage data');
  expect(check({ dataset: '/a/descriptor.json' }, 'data')).toThrow('dataset: expected');
  const wrong = { ...descriptor, validationCount: 0 };
  expect(check({ dataset: wrong }, 'data')).toThrow(/dataset.validationCount: .*; found 0\./);
});

test('a repair of data takes other mirrors and never another dataset', () => {
  const retry = (settings: object) => () =>
    checkRetry(
      { ...settings },
      'data',
      () => false,
      (stage) => stage !== 'report',
    );
  expect(retry({ mirrors: ['https://a'] })).not.toThrow();
  expect(retry({ dataset: descriptor })).toThrow('dataset: it is for stage data, which is done');
});

test('a failure is retried as it is, or with each of the settings that may mend it', () => {
  expect(retryWays('r', undefined)).toEqual([{ command: 'npx atelier retry r', payload: '' }]);
  expect(retryWays('r', ['mirrors', 'dataset'])).toEqual([
    { command: 'npx atelier retry r', payload: '' },
    { command: 'npx atelier retry r --dataset <file>', payload: '{"dataset": {…}}' },
    { command: 'npx atelier retry r --mirror <url>', payload: '{"mirrors": ["<url>"]}' },
  ]);
  expect(retryWays('r', [])).toEqual([]);
});
