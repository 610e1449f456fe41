import { expect, test } from 'vitest';
import { counted, duration, grouped, moment, percent, points, significant } from './numbers.ts';

test('shares and their differences', () => {
  expect(percent(0.9184)).toBe('91.84%');
  expect(percent(1, 0)).toBe('100%');
  expect(points(0.00126)).toBe('+0.13');
  expect(points(-0.0202)).toBe('−2.02');
  expect(points(-1e-9)).toBe('±0.00');
});

test('counts', () => {
  expect([0, 999, 1000, 166_970, 1_234_567].map(grouped)).toEqual([
    '0',
    '999',
    '1,000',
    '166,970',
    '1,234,567',
  ]);
  expect([counted(1, 'epoch'), counted(1200, 'epoch')]).toEqual(['1 epoch', '1,200 epochs']);
  expect(counted(2, 'class', 'classes')).toBe('2 classes');
});

test('numbers of any size keep three digits', () => {
  expect([0, 0.24, 12.3456, 1234.5].map(significant)).toEqual(['0.00', '0.240', '12.3', '1,235']);
  expect([999.4, 999.6, 0.0009996].map(significant)).toEqual(['999', '1,000', '0.00100']);
  expect([2e-8, 1.5e12].map(significant)).toEqual(['2.00 × 10⁻⁸', '1.50 × 10¹²']);
});

test('durations', () => {
  expect([0.416, 9.994, 9.996, 42.4, 59.6, 83, 3599.7, 7260].map(duration)).toEqual([
    '0.42 s',
    '9.99 s',
    '10 s',
    '42 s',
    '1 min 0 s',
    '1 min 23 s',
    '1 h 0 min',
    '2 h 1 min',
  ]);
});

test('a moment is in UTC, whatever the zone it was written in', () => {
  expect(moment('2026-02-03T01:05:06.789+02:00')).toBe('2026-02-02 23:05 UTC');
});
