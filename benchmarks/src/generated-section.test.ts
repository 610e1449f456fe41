import { expect, test } from 'vitest';
import { markdownTable, replaceSection } from './generated-section.ts';

const text = 'before\n\n<!-- a: generated -->\n\nold\n\n<!-- end of a -->\n\nafter\n';

test('only what stands between the markers is replaced, time and again', () => {
  const once = replaceSection(text, 'a', 'new');
  expect(once).toBe(text.replace('old', 'new'));
  expect(replaceSection(once, 'a', 'newer')).toBe(text.replace('old', 'newer'));
});

test('a replacement may contain what String.replace would interpret', () => {
  expect(replaceSection(text, 'a', "$& $' $1")).toBe(text.replace('old', () => "$& $' $1"));
});

test('a section that is not there is not invented', () => {
  expect(() => replaceSection(text, 'b', 'new')).toThrow('b: generated');
});

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
