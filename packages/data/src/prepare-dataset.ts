import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { classCounts, inspect, type Splits } from './data-contract.ts';
import type { DatasetDescriptor } from './descriptor.ts';
import { divideSets } from './divide-sets.ts';
import type { OfficialSet } from './formats/format.ts';
import {
  type ImageShape,
  imageAt,
  imageShape,
  imageSize,
  storedImageShape,
} from './image-shape.ts';
import { type FilePaths, readOfficialSets } from './official-sets.ts';
import { normalisationOf } from './pixel-statistics.ts';
import { encodeMembership, type PreparedDataset } from './prepared-dataset.ts';
import type { Split, SplitName } from './split.ts';

export interface PrepareOptions {
  descriptor: DatasetDescriptor;
  /** Paths of the files. */
  files: FilePaths;
  /** 0 to 2^32 - 1; decides which images are used for validation. */
  splitSeed: number;
  signal?: AbortSignal;
}

/**
 * Makes the three splits and their manifest out of a dataset's files. One of the official sets is
 * divided, class by class: the test set into validation and test, or the training set into training
 * and validation. The result depends on the files, the descriptor and the seed alone.
 * @throws UserError where a file is not what the descriptor says, or its content is not usable
 */
export async function prepareDataset({
  descriptor,
  files,
  splitSeed,
  signal,
}: PrepareOptions): Promise<{ manifest: PreparedDataset; splits: Splits }> {
  const sets = await readOfficialSets(descriptor, files, signal);
  const { from, chosen, others } = divideSets(sets, descriptor, splitSeed);
  const shape = imageShape(descriptor);
  const rest = (name: 'train' | 'test'): Split =>
    select(name, sets[name], shape, name === from ? others : undefined);
  const splits: Splits = {
    train: rest('train'),
    validation: select('validation', sets[from], shape, chosen),
    test: rest('test'),
  };
  // Each of the following keeps the processor for a while: let timers and aborts in between.
  await yieldToEvents();
  signal?.throwIfAborted();
  const normalisation = normalisationOf(splits.train.images);
  await yieldToEvents();
  signal?.throwIfAborted();
  const contract = inspect(splits, descriptor.classes);
  const size = ({ labels }: Split) => ({
    count: labels.length,
    classCounts: classCounts(labels, descriptor.classes.length),
  });
  const manifest: PreparedDataset = {
    schemaVersion: 1,
    name: descriptor.name,
    title: descriptor.title,
    classes: descriptor.classes,
    ...storedImageShape(shape),
    source: descriptor.source,
    licence: descriptor.licence,
    sources: descriptor.files,
    splitSeed,
    ...(from === 'train' && { validationFrom: from }),
    validationMembers: encodeMembership(chosen, sets[from].labels.length),
    normalisation,
    splits: {
      train: size(splits.train),
      validation: size(splits.validation),
      test: size(splits.test),
    },
    contract,
  };
  return { manifest, splits };
}

/** @param positions of the examples to take, ascending; all, without copying, where left out */
function select(
  name: SplitName,
  { images, labels }: OfficialSet,
  shape: ImageShape,
  positions?: Int32Array,
): Split {
  if (positions === undefined) {
    const indices = Int32Array.from({ length: labels.length }, (_, i) => i);
    return { name, shape, images, labels, indices };
  }
  const size = imageSize(shape);
  const selected = new Uint8Array(positions.length * size);
  positions.forEach((position, i) => {
    selected.set(imageAt(images, shape, position), i * size);
  });
  return {
    name,
    shape,
    images: selected,
    labels: Uint8Array.from(positions, (position) => labels[position] as number),
    indices: positions,
  };
}
