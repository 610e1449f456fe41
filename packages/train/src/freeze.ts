import { UserError } from '@atelier/errors';
import { type Network, roles, tensorSpecs } from '@atelier/model/network';
import type { Recipe } from './recipe.ts';

/** The name for everything but the last layer, unless a network has layers of that name. */
const backbone = 'backbone';

/**
 * The tensors that a recipe freezes, by name: those that it names, those whose names begin with one
 * of its names and a dot. Where it freezes a running mean or variance of a BatchNorm, it freezes both.
 * @throws UserError for a name that no tensor has, and where nothing is left to train
 */
export function frozenTensors(
  network: Network,
  freeze: Recipe['freeze'] = [],
): ReadonlySet<string> {
  if (freeze.length === 0) return new Set();
  const specs = tensorSpecs(network);
  const frozen = new Set<string>();
  for (const part of freeze) {
    const meant = specs.filter(({ name }) => name === part || name.startsWith(`${part}.`));
    const last = specs.at(-1)!.layer;
    const others = part === backbone ? specs.filter(({ layer }) => layer !== last) : [];
    const found = meant.length > 0 ? meant : others;
    if (found.length === 0) throw unknown(part, network);
    for (const { name } of found) frozen.add(name);
  }
  const isStatistic = ({ role }: (typeof specs)[number]): boolean =>
    roles[role].changedBy === 'statistics';
  const still = new Set(
    specs.filter((spec) => isStatistic(spec) && frozen.has(spec.name)).map(({ layer }) => layer),
  );
  for (const spec of specs) if (isStatistic(spec) && still.has(spec.layer)) frozen.add(spec.name);
  if (specs.every(({ name, role }) => frozen.has(name) || roles[role].changedBy !== 'optimizer'))
    throw new UserError({
      what: 'Everything is frozen: there is nothing to train.',
      where: 'recipe.freeze',
      expected: 'tensors that are left to train',
      found: freeze.join(', '),
      remedy: 'freeze fewer layers',
      mendedBy: [],
    });
  return frozen;
}

function unknown(part: string, network: Network): UserError {
  const layers = [...new Set(tensorSpecs(network).map(({ layer }) => layer))];
  return new UserError({
    what: 'No tensor of the network has this name to freeze.',
    where: 'recipe.freeze',
    expected: `${backbone}, a layer (${layers.join(', ')}), or a tensor of one, such as ${tensorSpecs(network)[0]!.name}`,
    found: part === '' ? 'an empty name' : part,
    remedy: 'correct what is given to --freeze',
    mendedBy: [],
  });
}
