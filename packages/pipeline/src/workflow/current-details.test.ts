import { expect, test } from 'vitest';
import type { Attention } from '../progress.ts';
import { describeRun } from './current-details.ts';

const parked = (attention: Partial<Attention>): string =>
  describeRun({
    runId: 'r',
    status: 'parked',
    stages: [{ stage: 'data', state: 'parked' }],
    epochs: [],
    totalEpochs: 3,
    doing: 'downloading 3 of 30 MB (10 %)',
    notices: [],
    attention: { stage: 'data', kind: 'UserError', message: 'No mirror has it.', ...attention },
  });

test('a parked run names command and payload of every way on, and nothing that goes on', () => {
  const page = parked({ mendedBy: ['mirrors'] });
  expect(page).toContain('- `npx atelier retry r`\n');
  expect(page).toContain(
    '- `npx atelier retry r --mirror <url>`: update `retry` with `{"mirrors": ["<url>"]}`',
  );
  expect(page).toContain('`npx atelier abort r`');
  expect(page).not.toContain('Now:');
});

test('where no retry helps, none is offered', () => {
  const page = parked({ mendedBy: [] });
  expect(page).toContain('No retry mends this.');
  expect(page).not.toContain('atelier retry');
});
