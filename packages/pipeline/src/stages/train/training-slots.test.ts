import { expect, test } from 'vitest';
import { TrainingSlots } from './training-slots.ts';

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Asks for slots and notes when they come. */
function asker(slots: TrainingSlots) {
  const running: string[] = [];
  const waited: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (name: string, wanted: number, signal = never) =>
    slots
      .take(wanted, signal, () => waited.push(name))
      .then((giveBack) => {
        running.push(name);
        ends.set(name, () => {
          running.splice(running.indexOf(name), 1);
          giveBack();
        });
      });
  return { running, waited, ask, end: (name: string) => ends.get(name)!() };
}

test('as many train as there are slots', async () => {
  const { running, waited, ask, end } = asker(new TrainingSlots(2));
  for (const name of ['a', 'b', 'c']) void ask(name, 1);
  await settled();
  expect(running).toEqual(['a', 'b']);
  expect(waited).toEqual(['c']);
  end('a');
  await settled();
  expect(running).toEqual(['b', 'c']);
});

test('one that wants all slots comes in its turn, and more than all are all', async () => {
  const { running, ask, end } = asker(new TrainingSlots(2));
  void ask('small', 1);
  void ask('large', 64);
  void ask('late', 1);
  await settled();
  expect(running).toEqual(['small']);
  end('small');
  await settled();
  expect(running).toEqual(['large']);
  end('large');
  await settled();
  expect(running).toEqual(['late']);
});

test('one that is interrupted while it waits makes room for those behind it', async () => {
  const { running, ask } = asker(new TrainingSlots(2));
  void ask('a', 1);
  const controller = new AbortController();
  const large = ask('large', 2, controller.signal);
  void ask('b', 1);
  await settled();
  expect(running).toEqual(['a']);
  controller.abort(new Error('cancelled'));
  await expect(large).rejects.toThrow('cancelled');
  await settled();
  expect(running).toEqual(['a', 'b']);
});

test('what is interrupted before it asks gets nothing', async () => {
  const slots = new TrainingSlots(1);
  await expect(slots.take(1, AbortSignal.abort(new Error('over')), () => {})).rejects.toThrow();
  await slots.take(1, never, () => {});
});
