import { expect, test } from 'vitest';
import { readSelection } from './read-selection.ts';

const now = Date.parse('2026-01-31T12:00:00Z');
const read = (flags: object) => readSelection({ limit: 20, ...flags }, now);

test.each([
  ['7d', '2026-01-24T12:00:00.000Z'],
  ['12h', '2026-01-31T00:00:00.000Z'],
  ['2026-01-30', '2026-01-30T00:00:00.000Z'],
  ['2026-01-30T02:00:00+01:00', '2026-01-30T01:00:00.000Z'],
])('since %s', (since, expected) => {
  expect(read({ since })).toEqual({ limit: 20, sort: 'started', since: expected });
});

test('several states, a dataset and an order', () => {
  expect(read({ status: 'failed, timed out', dataset: 'a', sort: 'test' })).toEqual({
    ...{ limit: 20, dataset: 'a', sort: 'test', statuses: ['failed', 'timed out'] },
  });
});

test.each([
  [{ since: 'yesterday' }, /--since[\s\S]*7d[\s\S]*found: yesterday/],
  [{ since: '2026-13-01' }, /--since/],
  [{ since: '7' }, /--since/],
  [{ status: 'failed,sad' }, /--status[\s\S]*parked, finished[\s\S]*found: sad/],
  [{ sort: 'loss' }, /--sort[\s\S]*started, validation, test[\s\S]*found: loss/],
])('%j is refused with what there is', (flags, message) => {
  expect(() => read(flags)).toThrow(message);
});
