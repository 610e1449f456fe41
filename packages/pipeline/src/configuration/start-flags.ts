import { UserError } from '@atelier/errors';
import { show } from '@atelier/settings';
import { runIdOf } from '../names.ts';
import { type StageName, stageNames } from '../stages/index.ts';
import { checkRunId } from './run-id.ts';
import { runOptionsSchema } from './run-options.ts';

/** Flags of `start` that are about the run, not about its configuration. */

/** What `--adopt RUN --adoptEpoch N` asks for. */
export interface AdoptionFlags {
  /** An id or a tag; the finished run that was started last unless given (`latest`). */
  run?: string;
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
    refusal('--adoptEpoch cannot have this value.', '--adoptEpoch', expected, adoptEpoch);
  if (adopt === undefined) {
    if (adoptEpoch !== undefined) throw refuse('to be given together with --adopt RUN');
    return undefined;
  }
  const run = adopt === 'latest' ? {} : { run: checkRunId(runIdOf(adopt), '--adopt') };
  if (adoptEpoch === undefined) return run;
  if (!/^[1-9]\d*$/.test(adoptEpoch)) throw refuse('the number of an epoch, from 1 on');
  return { ...run, epoch: Number(adoptEpoch) };
}

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
  const expected = `one of ${stageNames.join(', ')}, or nothing for all of them`;
  throw refusal('There is no such stage.', '--fresh', expected, given);
}

const mostSeeds = 1000;

/**
 * The seeds that `--seeds` names: numbers and ranges between commas, such as `1-5,9`.
 * @throws UserError for anything else, and for a seed that is named twice
 */
export function readSeeds(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => range(part.trim(), text));
  if (seeds.length > mostSeeds) throw refuseSeeds(`at most ${mostSeeds} seeds`, text);
  const repeated = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (repeated !== undefined) throw refuseSeeds('every seed once', `${repeated} twice`);
  return seeds;
}

function range(part: string, text: string): number[] {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
  const [first, last] = [Number(from), Number(to)];
  const usable = [first, last].every((seed) => runOptionsSchema.shape.seed.safeParse(seed).success);
  if (!usable || last < first || last - first >= mostSeeds)
    throw refuseSeeds(
      `numbers and ranges between commas, such as 1-5,9, at most ${mostSeeds}`,
      text,
    );
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const refuseSeeds = (expected: string, found: string): UserError =>
  refusal('These cannot be seeds.', '--seeds', expected, found);

const refusal = (what: string, where: string, expected: string, found: unknown): UserError =>
  new UserError({ what, where, expected, found: show(found) });
