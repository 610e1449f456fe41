import { gather, type Int, intAdd, intFloorDiv, intMod, intMul, shuffled } from '@atelier/graph';
import { type Tensor, tensor1d } from '@tensorflow/tfjs-core';

/** Which images are of which class, of classes that have any. */
export interface ImagesByClass {
  /** Positions in the dataset, class by class. */
  members: Int32Array;
  /** How many there are of each class. */
  counts: number[];
}

export function imagesByClass(labels: Uint8Array, classes: number): ImagesByClass {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]! += 1;
  const next = firsts(counts);
  const members = new Int32Array(labels.length);
  for (const [i, label] of labels.entries()) {
    members[next[label]!] = i;
    next[label]! += 1;
  }
  return { members, counts: counts.filter((count) => count > 0) };
}

/**
 * The images that an epoch takes where classes are sampled alike: as many as there are, of each class
 * as many as of the others or one more or less, and of a class each image as often as the others or
 * once more. Classes take turns from epoch to epoch, so that all epochs together differ by no more.
 * What an epoch does not take of a large class is drawn anew in each.
 * @param positions int32, places in the epoch, of any shape
 * @param epochsBefore an int32 scalar
 * @param members int32 [examples], see ImagesByClass
 * @param keys of the order of the epoch's draws, and of which images of a class are taken
 * @returns int32 positions in the dataset, of the same shape
 */
export function balancedIds(
  positions: Tensor,
  epochsBefore: Tensor,
  members: Tensor,
  counts: readonly number[],
  keys: { order: Int[]; within: Int[] },
): Tensor {
  const [examples, classes] = [members.shape[0]!, counts.length];
  const slots = shuffled(positions, examples, keys.order);
  const turns = intAdd(slots, intMul(epochsBefore, examples % classes));
  const ofClass = intMod(turns, classes);
  const count = gather(tensor1d([...counts], 'int32'), ofClass);
  // No two draws of a class are of one round.
  const round = intFloorDiv(slots, classes);
  const within = shuffled(intMod(round, count), count, keys.within);
  const first = gather(tensor1d(firsts(counts), 'int32'), ofClass);
  return gather(members, intAdd(first, within));
}

/** Where each class begins. */
function firsts(counts: readonly number[]): number[] {
  let next = 0;
  return counts.map((count) => {
    next += count;
    return next - count;
  });
}
