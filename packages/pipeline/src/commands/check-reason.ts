import { UserError } from '@atelier/errors';
import { reasonProblem } from '../registry/decision.ts';

/** @throws UserError for what is no reason of a decision */
export function checkReason(reason: string): void {
  const expected = reasonProblem(reason);
  if (expected !== undefined)
    throw new UserError({
      what: 'This says no reason.',
      where: '--reason',
      expected,
      found: JSON.stringify(reason).slice(0, 200),
    });
}
