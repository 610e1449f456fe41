import { WorldError } from '@atelier/errors';
import { openModelSlot } from '@atelier/serve';
import { afterEach, expect, test, vi } from 'vitest';
import { followModel } from './follow-model.ts';

afterEach(() => vi.useRealTimers());

const second = 1_000;

/** Follows a pointer that the test moves, to models that only have a name. */
async function follow() {
  vi.useFakeTimers();
  const slot = openModelSlot();
  const stop = new AbortController();
  const at = {
    wanted: 'first',
    refused: '',
    problems: [] as string[],
    said: [] as string[],
    ends: new Map<string, (error?: Error) => void>(),
  };
  const { stopped } = await followModel(
    {
      slot,
      wanted: async () => at.wanted,
      async open(run) {
        if (run === at.refused) throw new Error(`${run} is not signed`);
        let end: (error?: Error) => void = () => {};
        const ended = new Promise<Error | undefined>((resolve) => {
          end = resolve;
        });
        at.ends.set(run, end);
        const model = { run } as ReturnType<typeof slot.current> & object;
        return { model, ended, close: async () => end() };
      },
      onChange: (run) => void at.said.push(run),
      onProblem: ({ message }) => void at.problems.push(message),
    },
    stop.signal,
  );
  const answers = () => slot.current()?.run;
  return { at, slot, stop, stopped, answers };
}

test('another model that is put in use takes over, and all end with the signal', async () => {
  const { at, stop, stopped, answers } = await follow();
  expect(answers()).toBe('first');
  at.wanted = 'second';
  await vi.advanceTimersByTimeAsync(4 * second);
  expect(answers()).toBe('second');
  at.wanted = 'first';
  await vi.advanceTimersByTimeAsync(4 * second);
  expect([answers(), at.said]).toEqual(['first', ['first', 'second', 'first']]);
  stop.abort();
  await stopped;
  expect([answers(), at.problems]).toEqual([undefined, []]);
});

test('a model that cannot be opened leaves the one before where it is, and is told once', async () => {
  const { at, stop, stopped, answers } = await follow();
  [at.wanted, at.refused] = ['second', 'second'];
  await vi.advanceTimersByTimeAsync(20 * second);
  expect([answers(), at.problems]).toEqual(['first', ['second is not signed']]);
  at.refused = '';
  await vi.advanceTimersByTimeAsync(4 * second);
  expect(answers()).toBe('second');
  stop.abort();
  await stopped;
});

test('a model whose process dies is started again, and nobody answers meanwhile', async () => {
  const { at, stop, stopped, answers } = await follow();
  at.ends.get('first')!(new WorldError({ what: 'The process of the model died.' }));
  await vi.advanceTimersByTimeAsync(0);
  expect([answers(), at.problems]).toEqual([undefined, ['The process of the model died.']]);
  await vi.advanceTimersByTimeAsync(second);
  expect([answers(), at.said]).toEqual(['first', ['first', 'first']]);
  stop.abort();
  await stopped;
});
