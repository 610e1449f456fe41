import { findDuplicates } from './duplicates.ts';
import { imageSize } from './image-shape.ts';
import type { DataContract } from './prepared-dataset.ts';
import { type Split, type SplitName, splitNames } from './split.ts';
import { partsOf, type SplitRows } from './split-rows.ts';

const listedImages = 20;

/** All of a dataset's splits. */
export type Splits<Of = Split | SplitRows> = Record<Exclude<SplitName, 'gate'>, Of> & { gate?: Of };

/** Something of every split that there is, in their order. */
export function perSplit<T, Of>(splits: Splits<Of>, of: (split: Of) => T) {
  const { gate } = splits;
  return {
    train: of(splits.train),
    validation: of(splits.validation),
    ...(gate && { gate: of(gate) }),
    test: of(splits.test),
  };
}

/** Images per class. */
export function classCounts(labels: Uint8Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]! += 1;
  return counts;
}

/** Looks at the splits for what is wrong with the data without making it unusable. */
export function inspect(splits: Splits, classes: readonly string[]): DataContract {
  const constant = perSplit(splits, constantImages);
  const balance = ({ labels }: Split | SplitRows) => {
    const counts = classCounts(labels, classes.length);
    return {
      smallest: Math.min(...counts),
      largest: Math.max(...counts),
      emptyClasses: classes.filter((_, c) => counts[c] === 0),
    };
  };
  return {
    classBalance: perSplit(splits, balance),
    duplicates: findDuplicates(splitNames.flatMap((name) => splits[name] ?? [])),
    constantImages: {
      ...perSplit(constant, ({ count }) => count),
      examples: Object.values(constant)
        .flatMap(({ first }) => first)
        .slice(0, listedImages),
    },
  };
}

/** Images whose pixels are all equal: how many, and the first of them. */
function constantImages(split: Split | SplitRows) {
  const first: { split: SplitName; index: number; label: number }[] = [];
  let found = 0;
  for (const { name, shape, images, labels, indices } of partsOf(split)) {
    const size = imageSize(shape);
    for (const [i, label] of labels.entries()) {
      if (!isConstant(images, i * size, size, shape.channels)) continue;
      found += 1;
      if (first.length < listedImages) first.push({ split: name, index: indices[i]!, label });
    }
  }
  return { count: found, first };
}

function isConstant(images: Uint8Array, start: number, size: number, channels: number): boolean {
  for (let i = start + channels; i < start + size; i++)
    if (images[i] !== images[i - channels]) return false;
  return true;
}
