import { findDuplicates } from './duplicates.ts';
import { imageSize } from './image-shape.ts';
import type { DataContract } from './prepared-dataset.ts';
import { type Split, type SplitName, splitNames } from './split.ts';

const listedImages = 20;

/** All of a dataset's splits. */
export type Splits = Record<Exclude<SplitName, 'gate'>, Split> & { gate?: Split };

/** Something of every split that there is, in their order. */
export function perSplit<T>(splits: Splits, of: (split: Split) => T) {
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
  const balance = ({ labels }: Split) => {
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
      ...perSplit(splits, ({ name }) => constant[name]!.length),
      examples: Object.values(constant).flat().slice(0, listedImages),
    },
  };
}

/** Images whose pixels are all equal. */
function constantImages({ name, shape, images, labels, indices }: Split) {
  const size = imageSize(shape);
  const isConstant = (start: number): boolean => {
    for (let i = start + shape.channels; i < start + size; i++)
      if (images[i] !== images[i - shape.channels]) return false;
    return true;
  };
  return Array.from(labels, (label, i) => ({
    split: name,
    index: indices[i] as number,
    label,
  })).filter((_, i) => isConstant(i * size));
}
