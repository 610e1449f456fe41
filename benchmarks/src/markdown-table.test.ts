import { expect, test } from 'vitest';
import { markdownTable } from './markdown-table.ts';

test('names stand left, numbers right, and columns are as wide as they need', () => {
  const rows = [
    ['a', '1.00'],
    ['long name', '12.00'],
  ];
  expect(markdownTable(['how', 'ms'], rows)).toBe(
    [
      '| how       |    ms |',
      '| --------- | ----: |',
      '| a         |  1.00 |',
      '| long name | 12.00 |',
    ].join('\n'),
  );
});
