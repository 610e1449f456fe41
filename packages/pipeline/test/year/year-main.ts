/**
 * A year by hand: `npx nx run pipeline:year`. `--seed 7` decides what happens, `--nights 30` lives
 * through fewer and writes nothing; `--minutes 60` ends after as many nights as that takes.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readEnvironment } from '@atelier/environment';
import { checkYear } from './check-year.ts';
import { formatYear } from './document.ts';
import { liveYear } from './live-year.ts';
import { planYear } from './plan.ts';
import { openYearBench } from './year-bench.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    nights: { type: 'string' },
    minutes: { type: 'string' },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { nights } = values;
const plan = planYear(Number(values.seed), nights === undefined ? undefined : Number(nights));
const bench = await openYearBench();
try {
  const seconds = values.minutes === undefined ? undefined : 60 * Number(values.minutes);
  const evidence = await liveYear(bench, plan, say, seconds);
  const problems = checkYear(evidence);
  const page = formatYear(evidence, problems);
  if (nights === undefined)
    await writeFile(join(readEnvironment().workspace, 'docs', 'a-year.md'), page);
  else say(page);
  for (const problem of problems) say(`✗ ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await bench.close();
}
