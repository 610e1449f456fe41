import { readFileSync } from 'node:fs';
import { spreadOver } from '@atelier/evaluate/seed-spread';
import { expect, test } from 'vitest';
import { runRecordSchema } from '../record/run-record-schema.ts';
import type { ShownRun } from '../record/shown-run.ts';
import { showLines } from './show-command.ts';

const record = runRecordSchema.parse(
  JSON.parse(
    readFileSync(new URL('../../test/recorded/default/run.json', import.meta.url), 'utf8'),
  ),
);
const finished: ShownRun = {
  record,
  status: 'finished',
  finishedAt: record.finishedAt!,
  changed: { 'recipe.epochs': 3, mirrors: ['file:///data'] },
  results: { validationAccuracy: 0.9128, testAccuracy: 0.9202 },
  stages: [
    { stage: 'data', state: 'done', seconds: 1.6, hit: true, why: 'done by run a', attempts: 1 },
    {
      ...{ stage: 'train', state: 'done', seconds: 141, hit: false, why: 'forced by --fresh' },
      ...{ startedAt: '2026-11-27T08:34:27.100Z', attempts: 2, fingerprint: 'ab'.repeat(32) },
      failures: [{ kind: 'WorldError', message: 'the worker that ran it stopped answering' }],
    },
  ],
  notices: ['Continued on another machine.'],
  tags: ['best'],
  notes: [{ at: '2026-11-28T09:00:00.000Z', by: 'ada', text: 'for the paper' }],
};

test('a finished run is a page of facts, settings, stages, notices, notes and files', () => {
  const lines = showLines(finished, { report: 's3://atelier/runs/default/report.html' }, 120);
  expect(lines[0]).toBe('Run default: finished');
  const page = lines.join('\n');
  expect(page).toMatch(/^ {2}took +2:30$/m);
  expect(page).toMatch(/^ {2}test +92\.02 %$/m);
  expect(page).toMatch(/^ {2}tags +best$/m);
  expect(page).toMatch(/^ {2}recipe\.epochs +3$/m);
  expect(page).toMatch(/^ {2}data +done +- +1\.6 s +1 +- +already done by run a$/m);
  expect(page).toMatch(
    /^ {2}train +done +08:34:27 +2:21 +2 +abababababab +forced by --fresh\n {4}! WorldError: the worker/m,
  );
  expect(page).toContain('Notices:\n  Continued on another machine.');
  expect(page).toContain('Notes:\n  2026-11-28 09:00:00 UTC ada: for the paper');
  expect(page).toMatch(/^ {2}model\/model\.safetensors +674,376 +[0-9a-f]{64}$/m);
});

test('a run that failed says where, why and what to do; of the defaults nothing', () => {
  const { finishedAt: _, ...open } = finished;
  const failed: ShownRun = {
    ...open,
    status: 'failed',
    changed: {},
    why: {
      stage: 'data',
      kind: 'UserError',
      message: 'No mirror.\n  where: x',
      remedy: 'name one',
    },
  };
  const page = showLines(failed, {}, 80).join('\n');
  expect(page).toContain(
    'Why, at data (UserError):\n  No mirror.\n    where: x\n  what to do: name one\n',
  );
  expect(page).toContain('Settings that are no defaults: none');
});

test.each([120, 80, 60])('at %d columns no line of a table is longer', (columns) => {
  const lines = showLines(finished, {}, columns);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
});

test('the seeds of which a run is the median one are shown with how far they lie apart', () => {
  const scores = [
    { seed: 5, validationAccuracy: 0.9, testAccuracy: 0.91 },
    { seed: 6, validationAccuracy: 0.88, testAccuracy: 0.93 },
  ];
  const seeds: NonNullable<ShownRun['record']['seeds']> = {
    runs: [
      ...scores.map((one) => ({
        ...one,
        run: `default-seed${one.seed}`,
        state: 'finished' as const,
      })),
      { seed: 7, run: 'default-seed7', state: 'failed', why: 'No mirror.\nAt all.' },
    ],
    spread: spreadOver(scores),
  };
  const page = showLines({ ...finished, record: { ...record, seeds } }, {}, 120).join('\n');
  expect(page).toMatch(/^ {2}6 +default-seed6 +finished +88\.00 % +93\.00 %/m);
  expect(page).toMatch(/^ {2}7 +default-seed7 +failed +- +- +No mirror\.$/m);
  expect(page).toMatch(/^ {2}put forward +seed 6, the median by validation accuracy$/m);
  expect(page).toMatch(
    /^ {2}test +91\.00 % to 93\.00 %, median 91\.00 %, standard deviation 1\.41 %$/m,
  );
});
