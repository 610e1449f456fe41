import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchForStall } from './receive.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Whether it is given up when so many bytes come every second for five minutes. */
function isGivenUp(bytesPerSecond: number): boolean {
  const watch = watchForStall(20_000);
  for (let second = 0; second < 300; second++) {
    vi.advanceTimersByTime(1_000);
    watch.received(bytesPerSecond);
  }
  watch.stop();
  return watch.stalled && watch.signal.aborted;
}

test.each([
  [0, true],
  [1, true],
  [900, true],
  [1_200, false],
  [1_000_000, false],
])('%i bytes a second: given up %s', (bytesPerSecond, givenUp) => {
  expect(isGivenUp(bytesPerSecond)).toBe(givenUp);
});
