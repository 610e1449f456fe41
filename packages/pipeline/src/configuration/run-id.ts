import { randomInt } from 'node:crypto';
import { UserError } from '@atelier/errors';
import { bounded } from '@atelier/text';
import { runIdForm, workflowPrefix } from '../names.ts';

const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Sorts by time, can be read aloud: 20260131-020000-k7wq (UTC). */
export function newRunId(now = new Date()): string {
  const [date, time] = now.toISOString().split('T') as [string, string];
  const random = Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${random}`;
}

/** @throws UserError for a name that cannot be part of addresses and paths */
export function checkRunId(name: string, flag = '--run'): string {
  const isFree = name !== 'latest' && !name.startsWith(workflowPrefix);
  if (isFree && runIdForm.test(name)) return name;
  throw new UserError({
    what: 'This cannot be the name of a run.',
    where: flag,
    expected: `up to 100 letters, digits, dots, colons, dashes and underscores; not latest, nor beginning with ${workflowPrefix}`,
    found: bounded(JSON.stringify(name), 200),
  });
}
