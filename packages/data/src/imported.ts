import type { DatasetDescriptor } from './descriptor.ts';
import type { PictureList } from './pictures/picture-list.ts';

/** What every import is told. */
export interface ImportPlace {
  /** Where the dataset's files are written; it exists. */
  directory: string;
  /** The dataset's name, with which the files' names begin. */
  name: string;
  title: string;
  /** Where the images come from, for people; by the title unless given. */
  source?: string;
  /** A UUID, by which whoever began the import finds its drafts; one of its own unless given. */
  importId?: string;
}

export interface ImportProgress {
  done: number;
  of: number;
}

/** What became of an import. */
export interface Imported<Descriptor = DatasetDescriptor> {
  /** Its mirror is the folder that it will lie in. */
  descriptor: Descriptor;
  /** Images of each class. */
  classCounts: Record<'train' | 'test', number[]>;
  /** Of pictures. */
  list?: PictureList;
  /** What the source holds besides, and was not looked at: files, or arrays by their names. */
  others: number | string[];
}

export const countClasses = (labels: Iterable<number>, classes: number): number[] => {
  const counts = Array<number>(classes).fill(0);
  for (const label of labels) counts[label]! += 1;
  return counts;
};
