import { UserError } from '@atelier/errors';
import { type Selection, sortings } from '../record/list-runs.ts';
import { type RunStatus, runStatuses } from '../record/run-status.ts';

export interface SelectionFlags {
  limit: number;
  status?: string;
  dataset?: string;
  since?: string;
  sort?: string;
}

const day = 86_400_000;

/** @throws UserError for what names no status, no time or no order */
export function readSelection(
  { limit, status, dataset, since, sort = 'started' }: SelectionFlags,
  now = Date.now(),
): Selection {
  return {
    limit,
    sort: oneOf(sort, sortings, '--sort'),
    ...(status === undefined ? {} : { statuses: readStatuses(status) }),
    ...(dataset === undefined ? {} : { dataset }),
    ...(since === undefined ? {} : { since: readSince(since, now) }),
  };
}

const readStatuses = (list: string): RunStatus[] =>
  list.split(',').map((name) => oneOf(name.trim(), runStatuses, '--status'));

function oneOf<T extends string>(given: string, known: readonly T[], where: string): T {
  const found = known.find((one) => one === given);
  if (found !== undefined) return found;
  throw new UserError({
    what: 'This cannot be asked for.',
    where,
    expected: `${where === '--status' ? 'some of' : 'one of'} ${known.join(', ')}`,
    found: given,
  });
}

/** `7d`, `12h`, a date (its first moment in UTC) or a time. */
function readSince(given: string, now: number): string {
  const [, count, unit] = /^(\d{1,5})([dh])$/.exec(given) ?? [];
  const ago = Number(count) * (unit === 'd' ? day : day / 24);
  const time = unit === undefined ? Date.parse(given) : now - ago;
  const isDate = unit !== undefined || /^\d{4}-\d{2}-\d{2}(T.*)?$/.test(given);
  if (isDate && Number.isFinite(time)) return new Date(time).toISOString();
  throw new UserError({
    what: 'This is no time to list runs from.',
    where: '--since',
    expected: 'a date such as 2026-01-31, or days or hours until now: 7d, 12h',
    found: given,
  });
}
