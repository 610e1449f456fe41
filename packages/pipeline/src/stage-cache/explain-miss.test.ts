import { expect, test } from 'vitest';
import { explainMiss } from './explain-miss.ts';

const work = (inputs: Record<string, unknown>, version = 1) => ({ version, inputs });

test('without earlier work there is nothing to compare with', () => {
  expect(explainMiss('train', work({}), [])).toBe('no train has been done yet');
});

test('the nearest earlier work is compared with, leaf by leaf', () => {
  const far = work({ seed: 1, recipe: { epochs: 120, batchSize: 64 } });
  const near = work({ seed: 1, recipe: { epochs: 3, batchSize: 128 } });
  const now = work({ seed: 2, recipe: { epochs: 3, batchSize: 128 } });
  expect(explainMiss('train', now, [far, near])).toBe(
    'differs from the nearest train done before in seed (1 → 2)',
  );
});

test('long values are named, not shown; a version counts as an input', () => {
  const before = work({ blob: 'a'.repeat(64) }, 1);
  expect(explainMiss('data', work({ blob: 'b'.repeat(64) }, 2), [before])).toBe(
    'differs from the nearest data done before in version (1 → 2), blob',
  );
});
