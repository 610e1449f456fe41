import { UserError } from '@atelier/errors';
import { runIdOf } from '../names.ts';
import { checkRunId } from './run-id.ts';

/** What `--adopt RUN --adoptEpoch N` asks for. */
export interface AdoptionFlags {
  run: string;
  /** The newest committed one unless given. */
  epoch?: number;
}

/** @throws UserError for what names no run or no epoch */
export function readAdoptionFlags(given: {
  adopt?: string;
  adoptEpoch?: string;
}): AdoptionFlags | undefined {
  const { adopt, adoptEpoch } = given;
  const refuse = (expected: string): UserError =>
    new UserError({
      what: '--adoptEpoch cannot have this value.',
      where: '--adoptEpoch',
      expected,
      found: JSON.stringify(adoptEpoch),
    });
  if (adopt === undefined) {
    if (adoptEpoch !== undefined) throw refuse('to be given together with --adopt RUN');
    return undefined;
  }
  const run = checkRunId(runIdOf(adopt), '--adopt');
  if (adoptEpoch === undefined) return { run };
  if (!/^[1-9]\d*$/.test(adoptEpoch)) throw refuse('the number of an epoch, from 1 on');
  return { run, epoch: Number(adoptEpoch) };
}
