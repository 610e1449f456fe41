import type { Splits } from '../data-contract.ts';
import type { Division } from '../divide-sets.ts';
import { perPair } from '../duplicates.ts';
import { findLikenesses, type Likeness } from '../near-duplicates.ts';
import type { DataContract } from '../prepared-dataset.ts';
import { type SplitName, splitNames } from '../split.ts';
import type { PictureList } from './picture-list.ts';

type Findings = NonNullable<DataContract['pictures']>;

const listed = 20;

/**
 * What is known of pictures besides their pixels, and which look like one of an earlier split.
 * @param from the official set that validation was taken from
 */
export function pictureFindings(
  { pictures, leftOut }: PictureList,
  splits: Splits,
  from: Division['from'],
): Findings {
  const { height, width } = splits.train.shape;
  const pathsOf = (which: string): string[] =>
    pictures.filter(({ set }) => set === which).map(({ path }) => path);
  const official = { train: pathsOf('train'), test: pathsOf('test') };
  const paths = { ...official, validation: official[from], gate: official[from] };
  const named = ({ split, at }: Pick<Likeness, 'split' | 'at'>) => {
    const { indices, labels } = splits[split]!;
    const index = indices[at]!;
    return { split, index, label: labels[at]!, path: paths[split][index]! };
  };
  const counts = new Map<string, number>();
  const examples: Likeness[] = [];
  for (const one of findLikenesses(splitNames.flatMap((name) => splits[name] ?? []))) {
    const pair = `${one.earlier.split} ${one.split}`;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
    if (examples.length < listed) examples.push(one);
  }
  const across = (first: SplitName, second: SplitName): number =>
    counts.get(`${first} ${second}`) ?? 0;
  const kinds: Record<string, number> = {};
  for (const { kind } of pictures) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const bySize = [...pictures].sort((a, b) => a.height * a.width - b.height * b.width);
  const size = (picture: (typeof pictures)[number]) => ({
    height: picture.height,
    width: picture.width,
  });
  return {
    leftOut: { count: leftOut.length, examples: leftOut.slice(0, listed) },
    kinds,
    sizes: {
      smallest: size(bySize[0]!),
      largest: size(bySize.at(-1)!),
      enlarged: pictures.filter((one) => one.height < height || one.width < width).length,
    },
    nearDuplicates: {
      across: perPair(splits.gate !== undefined, across),
      examples: examples.map((one) => [named(one.earlier), named(one)]),
    },
  };
}
