import { UserError } from '@atelier/errors';
import { runOptionsSchema } from './run-options.ts';

const most = 1000;

/**
 * The seeds that `--seeds` names: numbers and ranges between commas, such as `1-5,9`.
 * @throws UserError for anything else, and for a seed that is named twice
 */
export function readSeeds(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => range(part.trim(), text));
  if (seeds.length > most) throw refuse(`at most ${most} seeds`, text);
  const repeated = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (repeated !== undefined) throw refuse('every seed once', `${repeated} twice`);
  return seeds;
}

function range(part: string, text: string): number[] {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
  const [first, last] = [Number(from), Number(to)];
  const usable = [first, last].every((seed) => runOptionsSchema.shape.seed.safeParse(seed).success);
  if (!usable || last < first || last - first >= most)
    throw refuse(`numbers and ranges between commas, such as 1-5,9, at most ${most}`, text);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const refuse = (expected: string, found: string): UserError =>
  new UserError({
    what: 'These cannot be seeds.',
    where: '--seeds',
    expected,
    found: JSON.stringify(found),
  });
