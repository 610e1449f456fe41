import { afterEach, expect, test, vi } from 'vitest';
import { tellOnce } from './serve-command.ts';

afterEach(() => vi.useRealTimers());

test('a problem that every request has is told once a minute', () => {
  vi.useFakeTimers();
  const told: string[] = [];
  const tell = tellOnce((message) => told.push(message));
  for (let i = 0; i < 1_000; i++) tell(new Error('No model is there to answer.'));
  tell(new Error('Another.'));
  vi.advanceTimersByTime(60_000);
  tell(new Error('No model is there to answer.'));
  const [one, other] = ['No model is there to answer.', 'Another.'];
  expect(told).toEqual([one, other, one]);
});
