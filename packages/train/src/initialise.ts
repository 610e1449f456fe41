import { UserError } from '@atelier/errors';
import { type Network, tensorSpecs } from '@atelier/model/network';
import type { SafetensorsHeader, Tensor } from '@atelier/safetensors';
import { firstFew } from '@atelier/text';
import { z } from 'zod';

/** Names of what a checkpoint holds besides its model's tensors. */
export const ofTraining = /^(?:step$|adamw\.)/;

const sides = z.array(z.int().min(0));

/** How a network's tensors begin that starts from another model's. */
export const initialisationSchema = z.object({
  /** Names of the tensors that both have, of one shape: the running statistics among them. */
  taken: z.array(z.string()).min(1),
  /** Those that begin as they would without the model; `found`: the shape there, if it is there. */
  anew: z.array(z.object({ name: z.string(), shape: sides, found: sides.optional() })),
  /** Names of the model's other tensors. */
  unused: z.array(z.string()),
});

export type Initialisation = z.output<typeof initialisationSchema>;

/**
 * Which tensors of a model file a network begins with.
 * @param found the file's tensors, or their descriptions
 * @throws UserError where none matches
 */
export function matchTensors(
  network: Network,
  found: Readonly<Record<string, Pick<SafetensorsHeader['tensors'][string], 'dtype' | 'shape'>>>,
  where: string,
): Initialisation {
  const specs = tensorSpecs(network);
  const matches = ({ name, shape }: (typeof specs)[number]): boolean =>
    found[name]?.dtype === 'F32' && found[name].shape.join() === shape.join();
  const taken = specs.filter(matches).map(({ name }) => name);
  const anew = specs
    .filter((spec) => !matches(spec))
    .map(({ name, shape }) => {
      const there = found[name];
      return { name, shape, ...(there && { found: [...there.shape] }) };
    });
  const unused = Object.keys(found)
    .filter((name) => !specs.some((spec) => spec.name === name) && !ofTraining.test(name))
    .sort();
  if (taken.length > 0) return { taken, anew, unused };
  const some = (shapes: string[]): string => firstFew(shapes, 4) || 'none';
  throw new UserError({
    what: 'Nothing of this model fits the network: no tensor has the name and the shape of one of it.',
    where,
    expected: `tensors such as ${some(specs.map(({ name, shape }) => `${name} [${shape}]`))}`,
    found: some(Object.entries(found).map(([name, { shape }]) => `${name} [${shape}]`)),
    remedy:
      "give the model's own network (--architecture, --filters or --widths), or start without --initialise",
    mendedBy: [],
  });
}

/**
 * The tensors that a network begins with, by name.
 * @throws UserError where none matches, and for numbers from which no training can begin
 */
export function takenTensors(
  network: Network,
  found: Record<string, Tensor>,
  where: string,
): Record<string, Tensor> {
  const { taken } = matchTensors(network, found, where);
  for (const { name, role } of tensorSpecs(network))
    if (taken.includes(name)) checkNumbers(found[name]!.data, role, `${where}, ${name}`);
  return Object.fromEntries(taken.map((name) => [name, found[name]!]));
}

/** A loss that is no number would be blamed on the learning rate, after an epoch. */
function checkNumbers(data: Tensor['data'], role: string, where: string): void {
  const least = role === 'runningVariance' ? 0 : Number.NEGATIVE_INFINITY;
  const wrong = data.find((value) => !(Number.isFinite(value) && value >= least));
  if (wrong === undefined) return;
  throw new UserError({
    what: 'No training can begin with this model.',
    where,
    expected: least === 0 ? 'variances, which are finite and not below 0' : 'finite numbers',
    found: String(wrong),
    remedy: 'give another model to --initialise',
    mendedBy: [],
  });
}

/** It in sentences, for people. */
export function describeInitialisation({ taken, anew, unused }: Initialisation): string[] {
  const list = (names: string[]): string => firstFew(names, 8);
  const made = anew.map(({ name, shape, found }) =>
    found ? `${name} ([${shape}] here, [${found}] there)` : `${name} (not there)`,
  );
  return [
    `${taken.length} of ${taken.length + anew.length} tensors are taken from it.`,
    ...(made.length > 0 ? [`Made anew: ${list(made)}.`] : []),
    ...(unused.length > 0 ? [`Of no use here: ${list(unused)}.`] : []),
  ];
}
