import { DamagedBlob } from '@atelier/artifacts';
import { intervalSchema } from '@atelier/evaluate/schema';
import { z } from 'zod';
import { numbersOfRecord, readRunRecord } from '../record/read-run-record.ts';
import { starterText } from '../record/run-status.ts';
import { readJson, WrongArtifact } from '../recorded-artifacts.ts';
import type { Decision } from '../registry/decision.ts';
import {
  defaultName,
  folderOf,
  newestDecision,
  type Registry,
  readDecision,
  readHistory,
  type Told,
} from '../registry/decision-log.ts';
import { checkName, findRegistry, noChampion } from '../registry/find-champion.ts';
import type { Store } from '../run-store.ts';
import { bold, type Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { type Column, labelledLines, tableLines } from '../terminal/table.ts';
import { minuteText, percent, wrap } from '../terminal/text.ts';
import { withStore } from './services.ts';

export interface RegistryOptions {
  name?: string;
  dataset?: string;
  json?: boolean;
}

/** What is read of report.json. */
const measuredSchema = z.looseObject({
  result: z.looseObject({
    testAccuracy: z.number(),
    testAccuracyInterval: intervalSchema,
    testExamples: z.int(),
  }),
});

type Measured = z.infer<typeof measuredSchema>['result'];

/** Which model is in use, how good it is, since when and why. */
export function champion(options: RegistryOptions, console: Console): Promise<void> {
  return withRegistry(options, console, async (store, registry) => {
    const newest = await newestDecision(store, registry);
    if (newest === undefined) throw noChampion(registry.name, registry.dataset);
    const made = (await readDecision(store, registry, newest.since)) ?? newest;
    const measured = await measuredOf(store, newest.champion.run);
    const files = `s3://${store.bucket}/champion/${folderOf(registry)}/`;
    if (options.json === true)
      return console.result(JSON.stringify({ ...registry, ...newest, made, ...measured, files }));
    const lines = championLines({ registry, newest, made, measured, files }, console.columns);
    for (const [i, line] of lines.entries()) console.line(line, i === 0 ? bold : undefined);
  });
}

/** The log of decisions, the newest first. */
export function history(
  { limit, ...options }: RegistryOptions & { limit: number },
  console: Console,
): Promise<void> {
  return withRegistry(options, console, async (store, registry) => {
    const told = await readHistory(store, registry, limit);
    if (options.json === true) return console.result(JSON.stringify(told));
    if (told.length === 0) throw noChampion(registry.name, registry.dataset);
    for (const [i, line] of historyLines(told, console.columns).entries())
      console.line(line, i === 0 ? bold : undefined);
  });
}

async function withRegistry(
  { name: given = defaultName, dataset }: RegistryOptions,
  console: Console,
  body: (store: Store, registry: Registry) => Promise<void>,
): Promise<void> {
  const name = await asUsage(() => checkName(given, '--name'));
  await withStore(console, async (store) => {
    const registry = await findRegistry(store, name, dataset);
    if (registry === undefined) throw noChampion(name, dataset);
    await body(store, registry);
  });
}

/** From the run's report; without the interval where that cannot be read. */
async function measuredOf(store: Store, run: string): Promise<Partial<Measured>> {
  const record = await readRunRecord(store, run);
  const report = record.stages.report?.outputs.json;
  const { testAccuracy } = numbersOfRecord(record);
  const known = testAccuracy === undefined ? {} : { testAccuracy };
  if (report === undefined) return known;
  try {
    const { sha256, bytes } = report;
    return (await readJson(store, { sha256, bytes }, measuredSchema, 'report.json')).result;
  } catch (error) {
    if (error instanceof DamagedBlob || error instanceof WrongArtifact) return known;
    throw error;
  }
}

export interface ShownChampion {
  registry: Registry;
  newest: Decision;
  /** The decision that made it the champion. */
  made: Decision;
  measured: Partial<Measured>;
  /** Where its files lie for services. */
  files: string;
}

/** @param available characters that a line has room for */
export function championLines(
  { registry, newest, made, measured, files }: ShownChampion,
  available: number,
): string[] {
  const { champion, previous } = newest;
  const { number, outcome, reason, decidedBy, at } = made;
  const rows: [string, string | undefined][] = [
    ['test accuracy', accuracyText(measured)],
    ['since', `${minuteText(at)} UTC, by ${starterText(decidedBy)}`],
    ['why', `decision ${number}, ${outcome}: ${reason}`],
    ['before it', previous === null ? undefined : `run ${previous.run}`],
    ['model', `SHA-256 ${champion.model.sha256.slice(0, 12)}…`],
    ['files', files],
  ];
  const known = rows.flatMap(([label, text]): [string, string][] => (text ? [[label, text]] : []));
  return [
    `The ${registry.name} of ${registry.dataset} is run ${champion.run}`,
    ...labelledLines(known, available)
      .flat()
      .flatMap((line) => wrap(line, available).split('\n')),
  ];
}

function accuracyText({ testAccuracy, testAccuracyInterval, testExamples }: Partial<Measured>) {
  if (testAccuracy === undefined) return undefined;
  if (testAccuracyInterval === undefined) return percent(testAccuracy);
  const { lower, upper } = testAccuracyInterval;
  return `${percent(testAccuracy)}, 95 % interval ${(100 * lower).toFixed(2)} to ${percent(upper)}, on ${testExamples!.toLocaleString('en')} images`;
}

const known =
  (cell: (decision: Decision) => string) =>
  (told: Told): string =>
    'problem' in told ? '-' : cell(told);

const columns: Column<Told>[] = [
  { header: '#', cell: ({ number }) => String(number), align: 'right' },
  { header: 'at (UTC)', cell: known(({ at }) => minuteText(at)), leaveOut: 2 },
  { header: 'outcome', cell: (told) => ('problem' in told ? 'unreadable' : told.outcome) },
  { header: 'candidate', cell: known(({ candidate }) => candidate.run), shrinksTo: 16 },
  { header: 'champion', cell: known(({ champion }) => champion.run), leaveOut: 4, shrinksTo: 16 },
  { header: 'by', cell: known(({ decidedBy }) => starterText(decidedBy)), leaveOut: 3 },
  {
    header: 'why',
    cell: (told) => ('problem' in told ? told.problem : told.reason),
    leaveOut: 1,
    shrinksTo: 16,
  },
];

/** @param available characters that a line has room for */
export const historyLines = (told: readonly Told[], available: number): string[] =>
  tableLines(columns, told, available);
