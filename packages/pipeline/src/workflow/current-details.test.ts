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

test('a model that waits for approval names the two answers, and no retry', () => {
  const page = parked({ kind: 'Approval', stage: 'promote', message: 'Promoted: better.' });
  expect(page).toContain(
    '- `npx atelier approve r --reason "…"`: update `approve` with `{"reason": "…", "by": "…"}`',
  );
  expect(page).toContain('- `npx atelier reject r --reason "…"`: update `reject`');
  expect(page).toContain('Promoted: better.');
  expect(page).not.toMatch(/retry|failed/);
});

test('what others wrote is neither Markdown nor a command to a terminal', () => {
  const evil = '\x1b[2J![a](http://a.example/)\n```\n# Aborted\n```\n`x`';
  const page = describeRun({
    ...{ runId: 'r', status: 'parked', epochs: [], totalEpochs: 3, notices: [evil] },
    stages: [{ stage: 'data', state: 'parked' }],
    attention: { stage: 'data', kind: evil, message: evil },
  });
  expect(page).not.toContain('\x1b');
  expect(page).toContain('Note: \\\\u001b\\[2J\\!\\[a\\](http://a.example/) ');
  // Only within a fence that the message does not end.
  const [before, code, after] = page.split('````');
  expect(code).toContain('\n# Aborted\n');
  for (const text of [before, after]) expect(text).not.toMatch(/^(# Aborted|```)$/m);
});
