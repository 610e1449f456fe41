import { expect, test } from 'vitest';
import { progressLine } from './progress-line.ts';

test.each([
  [0, 3, `reading ${'░'.repeat(20)} 0 % (0 of 3)`],
  [2999, 3000, `reading ${'█'.repeat(19)}░ 99 % (2,999 of 3,000)`],
  [3, 3, `reading ${'█'.repeat(20)} 100 % (3 of 3)`],
  [0, 0, `reading ${'█'.repeat(20)} 100 % (0 of 0)`],
])('%i of %i', (done, of, line) => {
  expect(progressLine('reading', { done, of })).toBe(line);
});
