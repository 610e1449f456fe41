import { expect, test } from 'vitest';
import { openAnswerer } from './index.ts';

const open = (refuses = false) => {
  const batches: number[] = [];
  const answerer = openAnswerer<unknown, number, { double: number; together: number }>({
    entry: new URL('./fixtures/answering.ts', import.meta.url),
    name: 'The answerer',
    input: { refuses },
    most: 4,
    onBatch: (n) => void batches.push(n),
  });
  // Who waits for neither is not troubled.
  answerer.ready.catch(() => {});
  return { ...answerer, batches };
};

test('what comes together is answered together, and what was asked is answered before it ends', async () => {
  const { ask, ready, close, ended, batches } = open();
  await ready;
  const answers = [1, 2, 3, 4, 5, 6].map(ask);
  const closed = close();
  await expect(ask(7)).rejects.toThrow('has ended');
  const found = await Promise.all(answers);
  expect(found.map(({ double }) => double)).toEqual([2, 4, 6, 8, 10, 12]);
  // The first finds it free.
  expect(found.map(({ together }) => together)).toEqual([1, 4, 4, 4, 4, 1]);
  expect(batches).toEqual([1, 4, 1]);
  await closed;
  expect(await ended).toBeUndefined();
});

test('its death is everybody’s answer, and what it refuses comes back', async () => {
  const { ask, ended } = open();
  const answers = await Promise.allSettled([0, 1].map(ask));
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await ended)?.message).toMatch(/^The answerer died\.[\s\S]*SIGKILL/);
  await expect(ask(2)).rejects.toThrow('has ended');
  await expect(open(true).ready).rejects.toThrow('TypeError: odd');
});
