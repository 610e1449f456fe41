import { UserError } from '@atelier/errors';
import { type StageName, stageNames } from '../contract.ts';

/**
 * The stages that `--fresh [stage]` forces: one, or all of them.
 * @param given what the flag came with; Nx gives a flag without a value the value `true`
 * @throws UserError for what is no stage
 */
export function readFreshStages(given: string | boolean | undefined): StageName[] {
  if (given === undefined || given === false) return [];
  if (given === true || given === 'true') return [...stageNames];
  const stage = stageNames.find((name) => name === given);
  if (stage !== undefined) return [stage];
  throw new UserError({
    what: 'There is no such stage.',
    where: '--fresh',
    expected: `one of ${stageNames.join(', ')}, or nothing for all of them`,
    found: JSON.stringify(given),
  });
}
