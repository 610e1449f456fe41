import { resolve } from 'node:path';
import { UserError } from '@atelier/errors';
import { type ComparedRun, compareRuns, verdictOf } from '@atelier/evaluate/comparison';
import { explainFileError, writeWhole } from '@atelier/files';
import type { RunComparison } from '@atelier/report/comparison';
import type { Reference } from '@atelier/report/reference';
import { comparisonLines } from '../comparison/comparison-lines.ts';
import { checkSameTestImages, differingOf } from '../comparison/differing.ts';
import {
  compareWithPublished,
  publishedLines,
  referenceOfRun,
} from '../comparison/published-comparison.ts';
import { readStoredRun, type StoredRun } from '../comparison/stored-run.ts';
import type { Store } from '../run-store.ts';
import { bold, type Console } from '../terminal/console.ts';
import { namedRun } from './finished-run.ts';
import { withStore } from './services.ts';

export interface CompareOptions {
  /** Path of a page to write. */
  html?: string;
  json?: boolean;
}

/** Says how the models of two runs, or of several against several, differ, and whether that is chance. */
export async function compare(
  a: string,
  b: string,
  { html, json = false }: CompareOptions,
  console: Console,
): Promise<void> {
  const namesOfA = await readNames(a);
  const namesOfB = b === 'reference' ? undefined : await readNames(b);
  await withStore(console, async (store) => {
    const sideA = await readSide(store, namesOfA);
    const other = namesOfB ?? (await referenceOf(sideA));
    if (!Array.isArray(other)) return showPublished(sideA[0]!, other, { html, json }, console);
    const sides = { a: sideA, b: await readSide(store, other) };
    const comparison = comparisonOf(sides);
    if (html !== undefined) {
      await writePage(resolve(html), comparison, sides);
      console.line(`The comparison is in ${resolve(html)}`);
    }
    if (json) return console.result(JSON.stringify(comparison));
    for (const line of comparisonLines(comparison, console.columns))
      console.line(line, /^\S.*:$/.test(line) ? bold : undefined);
  });
}

/** The run that a run's report compares with, or what was published. */
async function referenceOf(side: readonly StoredRun[]): Promise<Reference | string[]> {
  const [run, ...others] = side;
  if (others.length > 0)
    throw new UserError({
      what: 'Several runs cannot be compared with their reference.',
      expected: 'one run, or several on both sides',
      found: `${side.length} runs and \`reference\``,
    });
  const reference = referenceOfRun(run!);
  return reference.answers === undefined ? reference : [reference.answers.run];
}

function showPublished(
  run: StoredRun,
  reference: Reference,
  { html, json }: { html: string | undefined; json: boolean },
  console: Console,
): void {
  if (html !== undefined)
    throw new UserError({
      what: 'Published numbers make no page of their own.',
      where: '--html',
      expected: 'a run to compare with',
      found: reference.source,
      remedy: `the report of run ${run.record.runId} shows them: \`npx atelier open ${run.record.runId}\``,
    });
  const comparison = compareWithPublished(run, reference);
  if (json) console.result(JSON.stringify(comparison));
  else for (const line of publishedLines(comparison, console.columns)) console.line(line);
}

interface Sides {
  a: readonly StoredRun[];
  b: readonly StoredRun[];
}

function comparisonOf({ a, b }: Sides): RunComparison {
  checkSameTestImages([...a, ...b]);
  const comparison = compareRuns(a.map(comparedRun), b.map(comparedRun));
  return {
    ...comparison,
    dataset: a[0]!.dataset.title,
    verdict: verdictOf(comparison),
    differs: differingOf(a, b),
  };
}

async function writePage(path: string, comparison: RunComparison, { a, b }: Sides): Promise<void> {
  // Drawing figures takes code that no other comparison has to load.
  const { renderComparisonPage } = await import('@atelier/report');
  const curves = (side: readonly StoredRun[]) =>
    side.map(({ report: { history, selection } }) => ({ history, chosen: selection.epoch }));
  const page = await renderComparisonPage(
    comparison,
    { a: curves(a), b: curves(b) },
    await a[0]!.openTest(),
  );
  await writeWhole(path, Buffer.from(page)).catch((error: unknown) => {
    throw explainFileError(error, path, 'where the page goes (--html)');
  });
}

const comparedRun = ({ record, dataset, predictions }: StoredRun): ComparedRun => ({
  run: record.runId,
  seed: record.seed,
  classes: dataset.classes,
  predictions,
});

/** One after the other: each has a few hundred kilobytes. */
async function readSide(
  store: Store,
  names: readonly (string | undefined)[],
): Promise<StoredRun[]> {
  const runs: StoredRun[] = [];
  for (const name of names) runs.push(await readStoredRun(store, name));
  return runs;
}

/** Runs between commas. */
const readNames = (text: string): Promise<(string | undefined)[]> =>
  Promise.all(text.split(',').map((name) => namedRun(name.trim(), 'the run')));
