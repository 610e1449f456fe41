import { UserError } from '@atelier/errors';
import { permutation } from '@atelier/random';

/**
 * Chooses `count` examples so that every class keeps its share: class c gets count * n_c / n
 * places, rounded down; the places left over go to the largest remainders, the lower class first
 * where they are equal. Within a class the choice is the head of a permutation that depends on
 * (seed, class) alone.
 * @param labels [n]
 * @param seed 0 to 2^32 - 1
 * @param of which split the chosen become, what decides the count, and what the examples are, for errors
 * @returns the positions of the chosen and of the others, both ascending
 * @throws UserError where count leaves either part empty
 */
export function stratifiedSplit(
  labels: Uint8Array,
  count: number,
  seed: number,
  of = {
    split: 'validation',
    field: 'field validationCount of the dataset descriptor',
    images: 'official test images',
  },
): { chosen: Int32Array; others: Int32Array } {
  const n = labels.length;
  if (!Number.isInteger(count) || count < 1 || count >= n)
    throw new UserError({
      what: `The ${of.split} split cannot have this size.`,
      where: of.field,
      expected: `1 to ${n - 1}, because it is taken out of ${n} ${of.images}`,
      found: `${count}`,
      mendedBy: ['dataset'],
    });
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new UserError({
      what: 'The seed of the split is not valid.',
      where: 'splitSeed',
      expected: `an integer from 0 to ${2 ** 32 - 1}`,
      found: `${seed}`,
    });

  const members: number[][] = [];
  for (let i = 0; i < n; i++) {
    const label = labels[i] as number;
    members[label] ??= [];
    members[label].push(i);
  }
  const isChosen = new Uint8Array(n);
  const places = apportion(
    Array.from(members, (of) => of?.length ?? 0),
    count,
  );
  members.forEach((positions, label) => {
    const order = permutation(positions.length, seed, label);
    for (const k of order.subarray(0, places[label])) isChosen[positions[k] as number] = 1;
  });
  const positions = Int32Array.from({ length: n }, (_, i) => i);
  return {
    chosen: positions.filter((i) => isChosen[i] === 1),
    others: positions.filter((i) => isChosen[i] === 0),
  };
}

/** Divides `seats` in proportion to the sizes by the largest-remainder (Hare quota) method. */
function apportion(sizes: number[], seats: number): number[] {
  const total = sizes.reduce((a, b) => a + b, 0);
  const places = sizes.map((size) => Math.floor((seats * size) / total));
  const left = seats - places.reduce((a, b) => a + b, 0);
  // Remainders are compared as integers: fractions would make ties a matter of rounding.
  const remainder = (c: number): number => (seats * (sizes[c] as number)) % total;
  const byRemainder = [...sizes.keys()].sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const c of byRemainder.slice(0, left)) places[c] = (places[c] as number) + 1;
  return places;
}
