import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from '@atelier/artifacts';
import { z } from 'zod';
import { eachAtOnce } from '../at-once.ts';
import type { Store } from '../run-store.ts';
import { listedResults } from '../searchable.ts';
import { runRecordSchema } from './run-record-schema.ts';
import { type RunRow, rowOf, runRowSchema } from './run-row.ts';

/**
 * The index of runs: a document a month, in the month of the start (UTC), so that the newest runs
 * are listed without reading them all. It holds nothing that run.json does not say, and is written
 * after it: whoever wrote run.json is tried again until the row is there, too.
 */
export const index = 'runs';

export const monthSchema = z.looseObject({
  schemaVersion: z.literal(1),
  rows: z.array(runRowSchema),
});

export type IndexStore = Pick<
  Store,
  'indexParts' | 'readIndexPart' | 'writeIndexPart' | 'listRuns' | 'readRunDocument' | 'hasRunFile'
>;

const monthOf = ({ startedAt }: Pick<RunRow, 'startedAt'>): string =>
  new Date(startedAt).toISOString().slice(0, 7);

const keys = listedResults.map(({ key }) => key);

/**
 * Says in the index what a run's record says; once more changes nothing.
 * @param record run.json; one that is of no run that a list could show has no row
 */
export async function indexRun(store: IndexStore, record: Buffer): Promise<void> {
  const { value } = parseDocument(record, runRecordSchema);
  if (value === undefined) return;
  const row = rowOf(value, keys);
  const isFirst = (await store.indexParts(index)).length === 0;
  // Of a bucket whose runs are older than the index, the first row brings all of them.
  if (isFirst) await rebuildIndex(store);
  await changeMonth(store, monthOf(row), (rows) => withRow(rows, row));
}

/** Unless the index has the row, or a later one of the same execution. */
function withRow(rows: readonly RunRow[], row: RunRow): RunRow[] | undefined {
  const standing = rows.find(({ runId }) => runId === row.runId);
  if (standing !== undefined && isNewer(standing, row)) return undefined;
  if (isDeepStrictEqual(standing, row)) return undefined;
  return [...rows.filter((other) => other !== standing), row];
}

const isNewer = (one: RunRow, other: RunRow): boolean =>
  one.executionId === other.executionId && one.revision > other.revision;

/** Milliseconds that one waits at most after another one was faster once; twice as many each time. */
const firstPause = 20;
const longestPause = 2_000;

/**
 * Changes a month's rows by compare-and-swap: of two that do so at once, one is told that the month
 * is another one by now, and does it again with what the other one left.
 * @param change undefined where the rows stay as they are
 */
async function changeMonth(
  store: IndexStore,
  month: string,
  change: (rows: readonly RunRow[]) => RunRow[] | undefined,
): Promise<void> {
  for (let lost = 0; ; lost++) {
    const seen = await store.readIndexPart(index, month, monthSchema);
    // What cannot be read is set aside. What it held is in the runs' records.
    const before =
      seen?.problem === undefined ? (seen?.value?.rows ?? []) : await recordedRows(store, month);
    const rows = change(before);
    if (rows === undefined && seen?.problem === undefined) return;
    if (await store.writeIndexPart(index, month, seen, encodeMonth(rows ?? before))) return;
    await sleep(randomInt(Math.min(firstPause * 2 ** lost, longestPause)));
  }
}

/** A run a line, for people and for `grep`. */
export const encodeMonth = (rows: readonly RunRow[]): Buffer => {
  const lines = rows.map((row) => JSON.stringify(row));
  return Buffer.from(`{"schemaVersion":1,"rows":[\n${lines.join(',\n')}\n]}\n`);
};

/** What the rebuilt index holds, and the records that could not be read for it. */
export interface Rebuilt {
  runs: number;
  unreadable: { runId: string; problem: string }[];
}

/**
 * Makes the index anew from every run.json. Safe beside runs that begin and end: a row that is newer
 * than the record which was read stays, and so does that of a run which was not there yet.
 */
export async function rebuildIndex(store: IndexStore): Promise<Rebuilt> {
  const { rows, unreadable } = await recordedRuns(store);
  const byMonth = new Map<string, RunRow[]>();
  for (const row of rows) byMonth.set(monthOf(row), [...(byMonth.get(monthOf(row)) ?? []), row]);
  const months = new Set([...byMonth.keys(), ...(await store.indexParts(index))]);
  for (const month of months) {
    const recorded = byMonth.get(month) ?? [];
    const known = new Set(recorded.map(({ runId }) => runId));
    const seen = await store.readIndexPart(index, month, monthSchema);
    const others = (seen?.value?.rows ?? []).filter(({ runId }) => !known.has(runId));
    const gone = new Set<string>();
    for (const { runId } of others)
      if (!(await store.hasRunFile(runId, 'run.json'))) gone.add(runId);
    await changeMonth(store, month, (before) => {
      const kept = before.filter(({ runId }) => !gone.has(runId));
      return recorded.reduce<RunRow[]>((all, row) => withRow(all, row) ?? all, kept);
    });
  }
  return { runs: rows.length, unreadable };
}

/** Takes the rows of runs that are removed out of the index; other runs' stay as they are. */
async function forgetRuns(store: IndexStore, runs: readonly string[]): Promise<void> {
  if (runs.length === 0) return;
  const gone = new Set(runs);
  for (const month of await store.indexParts(index))
    await changeMonth(store, month, (rows) => {
      const kept = rows.filter(({ runId }) => !gone.has(runId));
      return kept.length === rows.length ? undefined : kept;
    });
}

/** Takes out the rows of runs that have no record any more, whoever has removed it. */
export async function forgetGoneRuns(store: IndexStore): Promise<void> {
  const { rows = [] } = (await readIndex(store, undefined, () => false)) ?? {};
  // Listed after the rows were read: a run has its record before it has a row. What is left of a
  // folder without a record, the next removal takes.
  const there = new Set(await store.listRuns());
  await forgetRuns(
    store,
    rows.map(({ runId }) => runId).filter((run) => !there.has(run)),
  );
}

/** Records that are read at once. */
const readers = 32;

/** Every run's row, from its record. */
export async function recordedRuns(
  store: IndexStore,
): Promise<{ rows: RunRow[]; unreadable: Rebuilt['unreadable'] }> {
  const rows: RunRow[] = [];
  const unreadable: Rebuilt['unreadable'] = [];
  await eachAtOnce(await store.listRuns(), readers, async (runId) => {
    const found = await store.readRunDocument(runId, 'run.json', runRecordSchema);
    if (found?.value !== undefined) rows.push(rowOf(found.value, keys));
    else if (found !== undefined) unreadable.push({ runId, problem: found.problem });
  });
  return { rows, unreadable };
}

const recordedRows = async (store: IndexStore, month: string): Promise<RunRow[]> =>
  (await recordedRuns(store)).rows.filter((row) => monthOf(row) === month);

/** What the record says of runs. */
export interface Candidates {
  rows: RunRow[];
  /** ISO 8601: it was not asked about runs that were started before; undefined: about all. */
  from?: string;
}

/**
 * The rows of months, from the newest on, until enough are found.
 * @param since ISO 8601: of older months nothing is read
 * @param isEnough told the rows of each month; true ends the reading
 * @returns undefined where the bucket has no index yet
 */
export async function readIndex(
  store: IndexStore,
  since: string | undefined,
  isEnough: (rows: readonly RunRow[]) => boolean,
): Promise<Candidates | undefined> {
  const months = (await store.indexParts(index)).reverse();
  if (months.length === 0) return undefined;
  const found: RunRow[] = [];
  for (const month of months) {
    if (since !== undefined && month < since.slice(0, 7)) return { rows: found, from: since };
    const rows = await rowsOf(store, month);
    found.push(...rows);
    if (isEnough(rows)) return { rows: found, from: `${month}-01T00:00:00.000Z` };
  }
  return { rows: found };
}

/** A month that cannot be read is read from the runs' records, until the next run mends it. */
async function rowsOf(store: IndexStore, month: string): Promise<RunRow[]> {
  const seen = await store.readIndexPart(index, month, monthSchema);
  if (seen?.problem !== undefined) return recordedRows(store, month);
  return seen?.value?.rows ?? [];
}
