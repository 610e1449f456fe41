import { expect, test } from 'vitest';
import { type Column, labelledLines, tableLines } from './table.ts';
import { cut, duration, wrap } from './text.ts';

interface Fruit {
  name: string;
  price: string;
  origin: string;
}

const columns: Column<Fruit>[] = [
  { header: 'name', cell: ({ name }) => name },
  { header: 'price', cell: ({ price }) => price, align: 'right', leaveOut: 1 },
  { header: 'from', cell: ({ origin }) => origin, leaveOut: 2 },
];
const fruit: Fruit[] = [
  { name: 'apple', price: '1.20', origin: 'Altes Land' },
  { name: 'lingonberry', price: '12.00', origin: 'Värmland' },
];

test('columns are as wide as they need, and the least important goes first', () => {
  expect(tableLines(columns, fruit, Number.POSITIVE_INFINITY)).toEqual([
    'name         price  from',
    'apple         1.20  Altes Land',
    'lingonberry  12.00  Värmland',
  ]);
  // 11 + 2 + 5 + 2 + 10 characters.
  expect(tableLines(columns, fruit, 30)[1]).toBe('apple         1.20  Altes Land');
  expect(tableLines(columns, fruit, 29)[1]).toBe('apple         1.20');
  expect(tableLines(columns, fruit, 17)[1]).toBe('apple');
});

test('prose is cut to what room there is, and left out where that is too little', () => {
  const prose = columns.map((column) =>
    column.header === 'from' ? { ...column, shrinksTo: 6 } : column,
  );
  expect(tableLines(prose, fruit, 29)[1]).toBe('apple         1.20  Altes La…');
  expect(tableLines(prose, fruit, 26)[1]).toBe('apple         1.20  Altes…');
  expect(tableLines(prose, fruit, 25)[1]).toBe('apple         1.20');
});

test('what names the row stays, however narrow the terminal is', () => {
  expect(tableLines(columns, fruit, 4)).toEqual(['name', 'apple', 'lingonberry']);
});

test('a table without rows is its header', () => {
  expect(tableLines(columns, [], 80)).toEqual(['name  price  from']);
});

test('a value that does not fit beside its name stands below it', () => {
  const rows = [
    ['accuracy', '92.14 %'],
    ['report', 'http://127.0.0.1/report.html'],
  ] as const;
  expect(labelledLines(rows, 40).flat()).toEqual([
    '  accuracy  92.14 %',
    '  report    http://127.0.0.1/report.html',
  ]);
  expect(labelledLines(rows, 32).flat()).toEqual([
    '  accuracy  92.14 %',
    '  report',
    '    http://127.0.0.1/report.html',
  ]);
});

test.each([
  [0, '0.0 s'],
  [4.24, '4.2 s'],
  [187, '3:07'],
  [3765, '1:02:45'],
])('%d seconds read as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('text is broken between words, under its indentation; what cannot be broken stays whole', () => {
  expect(wrap('a line of words\n  found: more words than fit', 15)).toBe(
    'a line of words\n  found: more\n  words than\n  fit',
  );
  expect(wrap('  at https://example.org/a/long/path now', 12)).toBe(
    '  at\n  https://example.org/a/long/path\n  now',
  );
  expect(
    wrap('mended? `npx atelier retry one` tries again\n  npx atelier retry one --threads 1', 24),
  ).toBe('mended?\n`npx atelier retry one`\ntries again\n  npx atelier retry one --threads 1');
});

test('what is cut says so', () => {
  expect(cut('epoch 3 of 9', 12)).toBe('epoch 3 of 9');
  expect(cut('epoch 3 of 9', 8)).toBe('epoch 3…');
});
