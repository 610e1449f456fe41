import { imageAt } from './image-shape.ts';
import type { DataContract } from './prepared-dataset.ts';
import type { Split, SplitName } from './split.ts';

type Duplicates = DataContract['duplicates'];
type Member = Duplicates['examples'][number][number];

const listedGroups = 20;

/** Finds images that are equal in every pixel, within splits and across them. */
export function findDuplicates(splits: readonly Split[]): Duplicates {
  const groups = equalImages(splits);
  const hasGate = splits.some(({ name }) => name === 'gate');
  const count = (test: (earlier: Member[], member: Member) => boolean): number =>
    groups.reduce(
      (sum, group) => sum + group.filter((member, i) => test(group.slice(0, i), member)).length,
      0,
    );
  const within = (split: SplitName): number =>
    count((earlier, member) => member.split === split && earlier.some((e) => e.split === split));
  const across = (first: SplitName, second: SplitName): number =>
    count((earlier, member) => member.split === second && earlier.some((e) => e.split === first));
  return {
    groups: groups.length,
    within: {
      train: within('train'),
      validation: within('validation'),
      ...(hasGate && { gate: within('gate') }),
      test: within('test'),
    },
    across: perPair(hasGate, across),
    conflictingLabels: groups.filter((group) => new Set(group.map((m) => m.label)).size > 1).length,
    examples: groups.slice(0, listedGroups),
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

/** Groups of two or more equal images; members and groups in the order of the splits. */
function equalImages(splits: readonly Split[]): Member[][] {
  const seen = new Map<number, { image: Uint8Array; group: Member[] }>();
  for (const { name, shape, images, labels, indices } of splits) {
    for (let i = 0; i < labels.length; i++) {
      const image = imageAt(images, shape, i);
      const member = { split: name, index: indices[i] as number, label: labels[i] as number };
      let key = fnv1a(image);
      let found = seen.get(key);
      // Different images of equal hash lie under the following keys.
      while (found !== undefined && Buffer.compare(found.image, image) !== 0) {
        key = (key + 1) >>> 0;
        found = seen.get(key);
      }
      if (found === undefined) seen.set(key, { image, group: [member] });
      else found.group.push(member);
    }
  }
  return [...seen.values()].map(({ group }) => group).filter((group) => group.length > 1);
}

/** The 32-bit FNV-1a hash (RFC 9923). */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash >>> 0;
}
