import { tmpdir } from 'node:os';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { classCounts, inspect, perSplit, type Splits } from './data-contract.ts';
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
import { pictureFindings } from './pictures/picture-findings.ts';
import { normalisationOf } from './pixel-statistics.ts';
import { encodeMembership, type PreparedDataset } from './prepared-dataset.ts';
import type { Split, SplitName } from './split.ts';
import { partOf, partsOf, type RowsOnDisk, rowsOf, type SplitRows } from './split-rows.ts';
import { stratifiedSplit } from './stratified-split.ts';

/** Images of a gate split; `half` of the validation images, rounded down. */
type GateCount = number | 'half';

export interface PrepareOptions {
  descriptor: DatasetDescriptor;
  /** Paths of the files. */
  files: FilePaths;
  /** 0 to 2^32 - 1; decides which images are used for validation. */
  splitSeed: number;
  /** How many of the validation images are held back to decide on promotion; none unless given. */
  gateCount?: GateCount | undefined;
  signal?: AbortSignal;
  /** An empty folder for what is too large to be held; the system's own by default. */
  directory?: string;
  /** Bytes of a set's images that are held; `wholeSplitBytes` unless given. */
  mostHeld?: number | undefined;
}

/**
 * Makes the splits and their manifest out of a dataset's files. One of the official sets is divided,
 * class by class: the test set into validation and test, or the training set into training and
 * validation. A gate split is a part of validation, which is then the smaller; the other splits stay
 * as they are. The result depends on the files, the descriptor, the seed and that part alone.
 * @throws UserError where a file is not what the descriptor says, or its content is not usable
 */
export async function prepareDataset(
  options: PrepareOptions,
): Promise<{ manifest: PreparedDataset; splits: Splits<Split> }> {
  const { manifest, splits } = await prepareSplits(options);
  return { manifest, splits: perSplit(splits, (of) => partOf(of, 0, of.labels.length)) };
}

/** The same, of which images that lie in a large file are not held, but read as they are needed. */
export async function prepareSplits({
  descriptor,
  files,
  splitSeed,
  gateCount,
  signal,
  directory = tmpdir(),
  mostHeld,
}: PrepareOptions): Promise<{ manifest: PreparedDataset; splits: Splits }> {
  const sets = await readOfficialSets(descriptor, files, { signal, mostHeld });
  const { from, chosen, others } = divideSets(sets, descriptor, splitSeed);
  const held =
    gateCount === undefined ? undefined : divide(sets[from], chosen, gateCount, splitSeed);
  const { gate, validation = chosen } = held ?? {};
  const shape = imageShape(descriptor);
  const opened = {
    train: await openImages(sets.train, shape, directory),
    test: await openImages(sets.test, shape, directory),
  };
  const rest = (name: 'train' | 'test') =>
    select(name, opened[name], shape, name === from ? others : undefined);
  const splits: Splits = {
    train: rest('train'),
    validation: select('validation', opened[from], shape, validation),
    ...(gate && { gate: select('gate', opened[from], shape, gate) }),
    test: rest('test'),
  };
  // Each of the following keeps the processor for a while: let timers and aborts in between.
  await yieldToEvents();
  signal?.throwIfAborted();
  const normalisation = normalisationOf(imagesOf(splits.train), shape.channels);
  await yieldToEvents();
  signal?.throwIfAborted();
  const contract = {
    ...inspect(splits, descriptor.classes),
    ...(sets.list && { pictures: pictureFindings(sets.list, splits, from) }),
  };
  const size = ({ labels }: Split | SplitRows) => ({
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
    validationMembers: encodeMembership(validation, sets[from].labels.length),
    ...(gate && { gateMembers: encodeMembership(gate, sets[from].labels.length) }),
    normalisation,
    splits: perSplit(splits, size),
    contract,
  };
  return { manifest, splits };
}

/** Divides the validation images once more, by the same rule, into the gate split and the rest. */
function divide(
  { labels }: OfficialSet,
  held: Int32Array,
  gateCount: GateCount,
  seed: number,
): { gate: Int32Array; validation: Int32Array } {
  const own = Uint8Array.from(held, (position) => labels[position] as number);
  const count = gateCount === 'half' ? Math.floor(own.length / 2) : gateCount;
  const { chosen, others } = stratifiedSplit(own, count, seed, {
    ...{ split: 'gate', field: 'gateCount', images: 'validation images' },
  });
  const positions = (of: Int32Array): Int32Array => of.map((i) => held[i] as number);
  return { gate: positions(chosen), validation: positions(others) };
}

/** Images of an official set: in memory, or in a file of which they can be read one by one. */
type Opened = Pick<OfficialSet, 'labels'> & ({ images: Uint8Array } | { rows: RowsOnDisk });

async function openImages(
  { images, labels }: OfficialSet,
  shape: ImageShape,
  directory: string,
): Promise<Opened> {
  if (images instanceof Uint8Array) return { images, labels };
  const { positions } = images;
  return { labels, rows: { ...(await images.onDisk(directory)), positions, shape } };
}

/** @param positions of the examples to take, ascending; all, without copying, where left out */
function select(
  name: SplitName,
  { labels, ...set }: Opened,
  shape: ImageShape,
  positions?: Int32Array,
): Split | SplitRows {
  const indices = positions ?? Int32Array.from({ length: labels.length }, (_, i) => i);
  const own = positions
    ? Uint8Array.from(positions, (position) => labels[position] as number)
    : labels;
  if ('rows' in set) return rowsOf({ name, labels: own, indices }, set.rows);
  if (positions === undefined) return { name, shape, images: set.images, labels: own, indices };
  const size = imageSize(shape);
  const images = new Uint8Array(positions.length * size);
  positions.forEach((position, i) => {
    images.set(imageAt(set.images, shape, position), i * size);
  });
  return { name, shape, images, labels: own, indices };
}

function* imagesOf(split: Split | SplitRows): Generator<Uint8Array> {
  for (const { images } of partsOf(split)) yield images;
}
