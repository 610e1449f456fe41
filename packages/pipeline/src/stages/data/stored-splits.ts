import { join } from 'node:path';
import type { BlobRef } from '@atelier/artifacts';
import {
  decodeSplit,
  decodeSplitOrHead,
  type Shard,
  type Split,
  type SplitFiles,
  shardsOf,
  splitHeader,
} from '@atelier/data';
import { imageAt, imageSize } from '@atelier/data/image-shape';
import { claim, decoded, readHeader, WrongArtifact } from '../../recorded-artifacts.ts';
import type { Store } from '../../run-store.ts';
import type { BlobFiles } from '../../stage-activity/blob-files.ts';

/** A stored split as local files, its shards among them, each verified. */
export async function splitFiles(files: BlobFiles, ref: BlobRef): Promise<SplitFiles> {
  const { path, stamp } = await files.file(ref);
  const stamps = { [path]: stamp };
  const shards = await shardsOf(path);
  if (shards === undefined) return { path, stamps };
  const paths: string[] = [];
  for (const { sha256, bytes } of shards) {
    const shard = await files.file({ sha256, bytes });
    paths.push(shard.path);
    stamps[shard.path] = shard.stamp;
  }
  return { path, shards: paths, stamps };
}

/**
 * A stored split that gives its images as they are asked for: one in one file has them in memory, of
 * one in shards a shard at a time is read.
 */
export interface StoredSplit extends Omit<Split, 'images'> {
  /**
   * The images at these positions, one after another.
   * @throws WrongArtifact, DamagedBlob
   */
  read(positions: Int32Array): Promise<Uint8Array>;
  /** All of it, in parts that follow one another. @throws WrongArtifact, DamagedBlob */
  parts(): AsyncIterable<Split>;
}

/**
 * @param atMost bytes of all its files; of more nothing is read
 * @throws WrongArtifact where it is none, DamagedBlob
 */
export async function openSplit(
  store: Store,
  ref: BlobRef,
  name: string,
  atMost = Number.POSITIVE_INFINITY,
): Promise<StoredSplit> {
  await shardsWithin(store, ref, name, atMost);
  const bytes = await store.getBlob(ref);
  const split = decoded(name, () => decodeSplitOrHead(bytes, name));
  if ('images' in split) {
    const { images: _, ...head } = split;
    return storedSplit(head, [{ count: split.labels.length, part: async () => split }]);
  }
  const { shards, ...head } = split;
  const readable = shards.map((shard) => ({
    count: shard.count,
    part: () => shardOf(store, shard, head, name),
  }));
  return storedSplit(head, readable);
}

/** Images that follow one another. */
interface Part {
  count: number;
  part(): Promise<Split>;
}

function storedSplit(head: Omit<Split, 'images'>, all: readonly Part[]): StoredSplit {
  const { shape } = head;
  const size = imageSize(shape);
  return {
    ...head,
    async *parts() {
      for (const { part } of all) yield await part();
    },
    async read(positions) {
      const found = new Uint8Array(positions.length * size);
      let begin = 0;
      for (const { count, part } of all) {
        const own = [...positions.keys()].filter(
          (i) => positions[i]! >= begin && positions[i]! < begin + count,
        );
        const { images } = own.length > 0 ? await part() : { images: new Uint8Array() };
        for (const i of own) found.set(imageAt(images, shape, positions[i]! - begin), i * size);
        begin += count;
      }
      return found;
    },
  };
}

async function shardOf(
  store: Store,
  { sha256, bytes, count }: Shard,
  { shape }: Pick<Split, 'shape'>,
  name: string,
): Promise<Split> {
  const content = await store.getBlob({ sha256, bytes });
  const found = decoded(name, () => decodeSplit(content, name));
  claim(`a shard of ${name}`, [found.labels.length, found.shape], [count, shape]);
  return found;
}

/**
 * Fetches a stored split, and its shards, to a folder.
 * @throws WrongArtifact where it is none or of more bytes than that, DamagedBlob
 */
export async function fetchSplit(
  store: Store,
  ref: BlobRef,
  name: string,
  { directory, atMost }: { directory: string; atMost: number },
): Promise<SplitFiles> {
  const shards = await shardsWithin(store, ref, name, atMost);
  const fetched = async (of: BlobRef): Promise<string> => {
    const path = join(directory, `${of.sha256}.safetensors`);
    await store.getBlobToFile(of, path);
    return path;
  };
  const path = await fetched(ref);
  if (shards === undefined) return { path };
  const paths: string[] = [];
  for (const { sha256, bytes } of shards) paths.push(await fetched({ sha256, bytes }));
  return { path, shards: paths };
}

/** The shards of a split that takes no more bytes than that; undefined where it is in one file. */
async function shardsWithin(
  store: Store,
  ref: BlobRef,
  name: string,
  atMost: number,
): Promise<Shard[] | undefined> {
  const { shards } = await readHeader(store, ref, name, splitHeader);
  const total = (shards ?? []).reduce((sum, { bytes }) => sum + bytes, ref.bytes);
  if (total > atMost) throw new WrongArtifact(name, `${total} bytes are too many`);
  return shards;
}
