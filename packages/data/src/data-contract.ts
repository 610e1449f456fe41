import { findDuplicates } from './duplicates.ts';
import { imageSize } from './image-shape.ts';
import type { DataContract } from './prepared-dataset.ts';
import type { Split, SplitName } from './split.ts';

const listedImages = 20;

export type Splits = Record<SplitName, Split>;

/** Images per class. */
export function classCounts(labels: Uint8Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]! += 1;
  return counts;
}

/** Looks at the splits for what is wrong with the data without making it unusable. */
export function inspect(
  { train, validation, test }: Splits,
  classes: readonly string[],
): DataContract {
  const constant = [train, validation, test].map(constantImages);
  const balance = ({ labels }: Split) => {
    const counts = classCounts(labels, classes.length);
    return {
      smallest: Math.min(...counts),
      largest: Math.max(...counts),
      emptyClasses: classes.filter((_, c) => counts[c] === 0),
    };
  };
  return {
    classBalance: { train: balance(train), validation: balance(validation), test: balance(test) },
    duplicates: findDuplicates([train, validation, test]),
    constantImages: {
      train: constant[0]!.length,
      validation: constant[1]!.length,
      test: constant[2]!.length,
      examples: constant.flat().slice(0, listedImages),
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
