#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processVariables } from '../../packages/environment/src/variables.mjs';
import { bootstrap, workspace } from '../bootstrap/bootstrap.mjs';
import { add, countVitest, summaryLine } from '../bootstrap/test-counts.mjs';

/**
 * `npm test`: provisions, then runs every check and names at the end those that failed.
 * `npm test -- lint unit` runs only these.
 */
const results = join(workspace, 'node_modules', '.cache', 'atelier-tests');

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {string} title
 * @property {string[]} args
 * @property {string} [report] where vitest writes its counts
 */

/**
 * @typedef {object} Outcome
 * @property {string} title
 * @property {boolean} ok
 * @property {import('../bootstrap/test-counts.mjs').Counts} counts
 * @property {number} seconds
 */

/**
 * @param {string[]} name
 * @param {...string} args
 */
const tool = (name, ...args) => ({ args: [join(workspace, 'node_modules', ...name), ...args] });
/** @param {string} project */
const vitest = (project) => ({
  ...tool(['vitest', 'vitest.mjs'], 'run', '--project', project, '--reporter=default'),
  report: join(results, `${project}.json`),
});

/** @type {Check[]} */
const CHECKS = [
  {
    name: 'lint',
    title: 'Lint and formatting',
    ...tool(['@biomejs', 'biome', 'bin', 'biome'], 'check', '.'),
  },
  {
    name: 'types',
    title: 'Types',
    ...tool(
      ['typescript', 'bin', 'tsc'],
      ...['-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile'],
      join(workspace, 'node_modules', '.cache', 'tsc', 'workspace.tsbuildinfo'),
    ),
  },
  {
    name: 'boundaries',
    title: 'Import directions',
    ...tool(
      ['dependency-cruiser', 'bin', 'dependency-cruise.mjs'],
      ...['--config', '.dependency-cruiser.cjs', 'packages', 'infra', 'benchmarks'],
    ),
  },
  {
    name: 'knip',
    title: 'Unused files, exports and dependencies',
    ...tool(['knip', 'bin', 'knip.js'], '--no-progress'),
  },
  {
    name: 'dependencies',
    title: 'Dependencies of each package without its tests',
    ...tool(
      ['knip', 'bin', 'knip.js'],
      '--no-progress',
      '--strict',
      '--include',
      'dependencies,unlisted',
    ),
  },
  { name: 'unit', title: 'Unit tests', ...vitest('unit') },
  {
    name: 'integration',
    title: 'Integration tests (real Temporal, MinIO and libtensorflow)',
    ...vitest('integration'),
  },
];

const QUIET = {
  // TensorFlow tells of every model it loads, which buries the tests' own words.
  TF_CPP_MIN_LOG_LEVEL: '2',
  // Where CI is set, programs colour what they write to a file.
  ...(!process.stdout.isTTY && { NO_COLOR: '1' }),
};

const chosen = chooseChecks(process.argv.slice(2));
rmSync(results, { recursive: true, force: true });
await bootstrap();
mkdirSync(results, { recursive: true });

// What reads sources takes one core each, so all of it goes on at once; tests take every core.
const readers = chosen.filter(({ report }) => report === undefined);
const outcomes = await Promise.all(readers.map((check) => runCheck(check)));
for (const check of chosen.filter(({ report }) => report !== undefined))
  outcomes.push(await runCheck(check));
const total = outcomes.map(({ counts }) => counts).reduce(add);
const failed = outcomes.filter(({ ok }) => !ok);
// npm prints lines of its own after a failure, so .ci/run repeats the last line from here.
writeFileSync(join(results, 'summary.txt'), `${summaryLine(total)}\n`);

heading('Result');
for (const { title, seconds, ok } of outcomes) {
  process.stdout.write(`${ok ? 'passed' : 'FAILED'}  ${title} (${seconds.toFixed(0)} s)\n`);
}
process.stdout.write(`\n${summaryLine(total)}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

/**
 * Shows what the check prints: of tests as it comes, else as one piece at the end.
 * @param {Check} check
 * @returns {Promise<Outcome>}
 */
async function runCheck({ title, args, report }) {
  if (report) heading(title);
  const startedAt = performance.now();
  const json = report ? ['--reporter=json', `--outputFile.json=${report}`] : [];
  const output = report ? 'inherit' : 'pipe';
  const child = spawn(process.execPath, [...args, ...json], {
    cwd: workspace,
    env: { ...QUIET, ...processVariables() },
    stdio: ['ignore', output, output],
  });
  /** @type {Buffer[]} */
  const printed = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (/** @type {Buffer} */ chunk) => printed.push(chunk));
  const [status] = await once(child, 'close');
  if (!report) {
    heading(title);
    process.stdout.write(Buffer.concat(printed));
  }
  const ok = status === 0;
  const counts = report ? countVitest(report, ok) : { passed: +ok, failed: +!ok, skipped: 0 };
  return { title, ok, counts, seconds: (performance.now() - startedAt) / 1000 };
}

/** @param {string[]} names */
function chooseChecks(names) {
  const unknown = names.filter((name) => !CHECKS.some((check) => check.name === name));
  if (unknown.length > 0) {
    const known = CHECKS.map(({ name }) => name).join(', ');
    process.stderr.write(`There is no check ${unknown.join(', ')}; there are ${known}.\n`);
    process.exit(2);
  }
  return CHECKS.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** @param {string} title */
function heading(title) {
  process.stdout.write(`\n── ${title} ${'─'.repeat(Math.max(0, 76 - title.length))}\n`);
}
