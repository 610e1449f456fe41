import { hash } from 'node:crypto';
import { imageAt } from './image-shape.ts';
import type { DataContract } from './prepared-dataset.ts';
import type { Split, SplitName } from './split.ts';
import { partsOf, type SplitRows } from './split-rows.ts';

type Duplicates = DataContract['duplicates'];
type Member = Duplicates['examples'][number][number];

const listedGroups = 20;
/** Of a split that is not held, a group may have any number of images. */
const listedMembers = 20;

/**
 * Finds images that are equal in every pixel, within splits and across them. Held are 40 bytes for
 * each image at most, whatever its size: 16 of its SHA-256 stand for it.
 */
export function findDuplicates(splits: readonly (Split | SplitRows)[]): Duplicates {
  const equal = new EqualImages(splits);
  for (const split of splits) for (const part of partsOf(split)) equal.add(part);
  return described(
    splits,
    equal,
    splits.every((split) => 'images' in split),
  );
}

/** A split whose parts come from elsewhere, one after another. */
export interface SplitInParts extends Omit<Split, 'images'> {
  parts(): AsyncIterable<Split>;
}

/** The same in splits of which a part is held at a time. */
export async function findDuplicatesInParts(splits: readonly SplitInParts[]): Promise<Duplicates> {
  const equal = new EqualImages(splits);
  for (const split of splits) for await (const part of split.parts()) equal.add(part);
  return described(splits, equal, false);
}

type Heads = readonly Omit<Split, 'images'>[];

/** @param areHeld whether groups are small enough to be listed whole */
function described(splits: Heads, equal: EqualImages, areHeld: boolean): Duplicates {
  const within = { train: 0, validation: 0, gate: 0, test: 0 };
  const across = new Map<string, number>();
  const groups = [...equal.groups()].sort(([a], [b]) => a! - b!);
  const memberOf = numbering(splits);
  let conflictingLabels = 0;
  for (const group of groups) {
    const seen = new Set<SplitName>();
    const labels = new Set<number>();
    for (const number of group) {
      const { split, label } = memberOf(number);
      if (seen.has(split)) within[split] += 1;
      for (const earlier of seen)
        if (earlier !== split) {
          const pair = `${earlier} ${split}`;
          across.set(pair, (across.get(pair) ?? 0) + 1);
        }
      seen.add(split);
      labels.add(label);
    }
    if (labels.size > 1) conflictingLabels += 1;
  }
  const { gate, ...others } = within;
  const hasGate = splits.some(({ name }) => name === 'gate');
  return {
    groups: groups.length,
    within: {
      train: others.train,
      validation: others.validation,
      ...(hasGate && { gate }),
      test: others.test,
    },
    across: perPair(hasGate, (first, second) => across.get(`${first} ${second}`) ?? 0),
    conflictingLabels,
    examples: groups
      .slice(0, listedGroups)
      .map((group) => (areHeld ? group : group.slice(0, listedMembers)).map(memberOf)),
  };
}

/** Something of every pair of splits, the earlier one first. */
export const perPair = (
  hasGate: boolean,
  of: (first: SplitName, second: SplitName) => number,
): Duplicates['across'] => ({
  trainValidation: of('train', 'validation'),
  trainTest: of('train', 'test'),
  validationTest: of('validation', 'test'),
  ...(hasGate && {
    trainGate: of('train', 'gate'),
    validationGate: of('validation', 'gate'),
    gateTest: of('gate', 'test'),
  }),
});

/** What an image is by its number, counted through all splits. */
function numbering(splits: Heads): (number: number) => Member {
  return (number) => {
    let i = number;
    for (const { name, labels, indices } of splits) {
      if (i < labels.length) return { split: name, index: indices[i]!, label: labels[i]! };
      i -= labels.length;
    }
    throw new RangeError(`no image has number ${number}`);
  };
}

/** Equal images among those that are added, which are numbered in that order. */
class EqualImages {
  readonly #digests: Int32Array;
  /** Open addressing: a slot holds the number of an image plus 1. At least half of them are free. */
  readonly #slots: Int32Array;
  readonly #groups = new Map<number, number[]>();
  #added = 0;

  /** @param splits whose images will be added */
  constructor(splits: Heads) {
    const total = splits.reduce((sum, { labels }) => sum + labels.length, 0);
    this.#digests = new Int32Array(4 * total);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * total + 1)));
  }

  add({ shape, images, labels }: Split): void {
    const [digests, slots, groups] = [this.#digests, this.#slots, this.#groups];
    for (let i = 0; i < labels.length; i++) {
      const number = this.#added++;
      const digest = hash('sha256', imageAt(images, shape, i), 'buffer');
      for (let word = 0; word < 4; word++)
        digests[4 * number + word] = digest.readInt32LE(4 * word);
      let slot = digests[4 * number]! & (slots.length - 1);
      while (slots[slot] !== 0 && !areEqual(digests, slots[slot]! - 1, number))
        slot = (slot + 1) & (slots.length - 1);
      const first = slots[slot]! - 1;
      if (first < 0) slots[slot] = number + 1;
      else {
        const group = groups.get(first);
        if (group === undefined) groups.set(first, [first, number]);
        else group.push(number);
      }
    }
  }

  /** Those of two or more, by their numbers, which ascend. */
  groups(): Iterable<number[]> {
    return this.#groups.values();
  }
}

function areEqual(digests: Int32Array, a: number, b: number): boolean {
  for (let word = 0; word < 4; word++)
    if (digests[4 * a + word] !== digests[4 * b + word]) return false;
  return true;
}
