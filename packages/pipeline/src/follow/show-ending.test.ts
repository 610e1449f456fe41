import { expect, test } from 'vitest';
import type { Attention } from '../progress.ts';
import { wrap } from '../terminal/text.ts';
import { parkedText } from './show-ending.ts';

const attention: Attention = {
  stage: 'data',
  kind: 'UserError',
  message:
    'No mirror has the file train-images-idx3-ubyte.gz as the descriptor says it should be.\n  where: https://example.org/a/very/long/folder/of/a/mirror/train-images-idx3-ubyte.gz',
  mendedBy: ['mirrors'],
};

test('what a parked run waits for is readable at 80 columns, its commands unbroken', () => {
  expect(wrap(parkedText('20260131-020000-k7wq', attention), 80).split('\n')).toEqual([
    'Stage data of run 20260131-020000-k7wq failed and waits for you:',
    '',
    'No mirror has the file train-images-idx3-ubyte.gz as the descriptor says it',
    'should be.',
    '  where:',
    '  https://example.org/a/very/long/folder/of/a/mirror/train-images-idx3-ubyte.gz',
    '',
    'Finished work is kept. Try again once the cause is mended, or give the run up:',
    '  npx atelier retry 20260131-020000-k7wq',
    '  npx atelier retry 20260131-020000-k7wq --mirror <url>',
    '  npx atelier abort 20260131-020000-k7wq',
  ]);
});

test('at 40 columns, a command stays whole to be copied', () => {
  const lines = wrap(parkedText('20260131-020000-k7wq', attention), 40).split('\n');
  expect(lines).toContain('  npx atelier retry 20260131-020000-k7wq --mirror <url>');
  const prose = lines.filter((line) => !/npx|https/.test(line));
  for (const line of prose) expect(line.length).toBeLessThanOrEqual(40);
});

test('a failure that no retry can mend names only the way out', () => {
  const text = parkedText('wide', { ...attention, mendedBy: [] });
  expect(text).not.toContain('atelier retry');
  expect(text).toContain('npx atelier abort wide');
});

test('a model that waits for approval names the two answers, and no retry', () => {
  const text = parkedText('wide', { stage: 'promote', kind: 'Approval', message: 'Promoted: so.' });
  expect(text).toContain('Promoted: so.');
  expect(text).toMatch(
    /\n {2}npx atelier approve wide --reason "…"\n {2}npx atelier reject wide --reason "…"$/,
  );
  expect(text).not.toMatch(/retry|failed/);
});
