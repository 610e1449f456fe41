import type { BlobRef } from '@atelier/artifacts';
import {
  decodeSplit,
  joinSplits,
  type Split,
  type SplitFiles,
  shardsOf,
  splitHeader,
} from '@atelier/data';
import { decoded, readHeader, WrongArtifact } from '../../recorded-artifacts.ts';
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
 * A stored split with all its images, those of its shards together.
 * @param atMost bytes of all its files; of more nothing is read
 * @throws WrongArtifact where it is none, DamagedBlob
 */
export async function readSplit(
  store: Store,
  ref: BlobRef,
  name: string,
  atMost = Number.POSITIVE_INFINITY,
): Promise<Split> {
  const read = async (of: BlobRef): Promise<Split> => {
    const bytes = await store.getBlob(of);
    return decoded(name, () => decodeSplit(bytes, name));
  };
  const { shards } = await readHeader(store, ref, name, splitHeader);
  const total = (shards ?? []).reduce((sum, { bytes }) => sum + bytes, ref.bytes);
  if (total > atMost) throw new WrongArtifact(name, `${total} bytes are too many`);
  if (shards === undefined) return read(ref);
  const parts: Split[] = [];
  for (const { sha256, bytes } of shards) parts.push(await read({ sha256, bytes }));
  return joinSplits(parts);
}
