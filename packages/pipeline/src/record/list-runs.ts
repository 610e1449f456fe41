import { listedResults } from '../searchable.ts';
import type { ResultName } from '../stages/index.ts';
import { type Candidates, type IndexStore, readIndex, recordedRuns } from './run-index.ts';
import type { RunRow } from './run-row.ts';
import { isOpen, type RunStatus } from './run-status.ts';

/** What runs are sorted by: their start, or a result by the head of its column; the best first. */
export const sortings = ['started', ...listedResults.map(({ column }) => column)];

/** Which runs, in which order. */
export interface Selection {
  statuses?: readonly RunStatus[];
  dataset?: string;
  /** ISO 8601. */
  since?: string;
  /** None that trains a seed for another run. */
  isOwn?: boolean;
  /** One of `sortings`. */
  sort: string;
  limit: number;
}

/** Whether a run is among those that are asked for. */
function isWanted(
  { status, dataset, startedAt, startedBy }: RunRow,
  { statuses, dataset: wanted, since, isOwn }: Selection,
): boolean {
  if (isOwn && startedBy?.kind === 'run') return false;
  if (statuses !== undefined && !statuses.includes(status)) return false;
  if (wanted !== undefined && dataset !== wanted) return false;
  return since === undefined || Date.parse(startedAt) >= Date.parse(since);
}

/** Those of the runs that are asked for, in that order. */
export function select(rows: readonly RunRow[], selection: Selection): RunRow[] {
  const key = listedResults.find(({ column }) => column === selection.sort)?.key;
  return rows
    .filter((row) => isWanted(row, selection))
    .sort(
      (a, b) => (key === undefined ? 0 : resultOf(b, key) - resultOf(a, key)) || newestFirst(a, b),
    )
    .slice(0, selection.limit);
}

/** A run without this result comes after all that have it. */
const resultOf = ({ results }: RunRow, key: ResultName): number => results[key] ?? -1e300;

/** The newest first; of runs that were started in the same millisecond the later name. */
const newestFirst = (a: RunRow, b: RunRow): number =>
  order(b) < order(a) ? -1 : order(b) > order(a) ? 1 : 0;

const order = ({ startedAt, runId }: RunRow): string => `${startedAt} ${runId}`;

/**
 * The runs that a selection may be made of, and all open ones that lie on the way: these may stand
 * otherwise by now. Reads no older months than it needs.
 */
export async function recordedCandidates(
  store: IndexStore,
  selection: Selection,
): Promise<Candidates> {
  let closed = 0;
  const isEnough = (rows: readonly RunRow[]): boolean => {
    closed += rows.filter((row) => !isOpen(row.status) && isWanted(row, selection)).length;
    return selection.sort === 'started' && closed >= selection.limit;
  };
  const indexed = await readIndex(store, selection.since, isEnough);
  // A bucket whose runs are older than the index, until the next run makes one.
  return indexed ?? { rows: (await recordedRuns(store)).rows };
}
