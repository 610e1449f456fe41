import { open } from 'node:fs/promises';
import { UserError } from '@atelier/errors';
import { fileFailure, readUnchanged } from '@atelier/files';
import { decodeSafetensorsHeader, safetensorsHeaderLength } from '@atelier/safetensors';
import { type ImageFile, type ImageReader, openImageReader } from './image-reader.ts';
import { imageSize } from './image-shape.ts';
import {
  decodeSplit,
  decodeSplitOrHead,
  type Shard,
  type Split,
  type SplitHeader,
  splitHeader,
} from './split.ts';

/** A split whose images are read from its shards as they are needed. */
export interface StreamedSplit extends Omit<Split, 'images'>, ImageReader {}

/** A split's file, and those of its shards where it has any. */
export interface SplitFiles {
  path: string;
  shards?: readonly string[] | undefined;
  /** Of files that were held against their digest what they were then, by path; see `hashedFile`. */
  stamps?: Readonly<Record<string, string>> | undefined;
}

/**
 * Reads a split: whole where it is one file; of one in shards everything but the images.
 * @throws UserError where a file is not what it should be, or is missing; WorldError where it cannot
 *   be read, or is no longer what its stamp says
 */
export async function readSplit({
  path,
  shards,
  stamps = {},
}: SplitFiles): Promise<Split | StreamedSplit> {
  const content = await readUnchanged(path, stamps[path]);
  if (shards === undefined) return decodeSplit(content, path);
  const split = decodeSplitOrHead(content, path);
  const { shards: expected, ...head } = 'images' in split ? { ...split, shards: [] } : split;
  const size = imageSize(head.shape);
  const files: ImageFile[] = [];
  for (const [i, file] of shards.entries()) {
    const found = await headerOf(file);
    const { sha256, count } = expected[i] ?? {};
    if (
      found.images === undefined ||
      sha256 === undefined ||
      count !== found.count ||
      imageSize(found.shape) !== size
    )
      throw otherShard(file, `${count ?? 'no'} images of ${size} values`, found);
    files.push({ path: file, sha256, stamp: stamps[file], offset: found.images.begin, count });
  }
  if (files.length !== expected.length)
    throw new UserError({
      what: 'A split has another number of shards.',
      where: path,
      expected: `${expected.length} shards`,
      found: String(files.length),
    });
  return { ...head, ...openImageReader(files, size) };
}

/** The shards of a split's file; undefined where it is whole. @throws as {@link readSplit} does */
export const shardsOf = async (path: string): Promise<Shard[] | undefined> =>
  (await headerOf(path)).shards;

const otherShard = (where: string, expected: string, { count, shape }: SplitHeader): UserError =>
  new UserError({
    what: 'A file is not the shard of this split.',
    where,
    expected,
    found: `${count} images of ${imageSize(shape)} values`,
  });

/** Of a file whose images are not read. */
async function headerOf(path: string): Promise<SplitHeader> {
  const file = await open(path).catch((error: unknown) => {
    throw fileFailure(error, path);
  });
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    const length = safetensorsHeaderLength(buffer.subarray(0, bytesRead), size, path);
    const start = await file.read(Buffer.alloc(length), 0, length, 0);
    return splitHeader(decodeSafetensorsHeader(start.buffer, size, path), path);
  } finally {
    await file.close();
  }
}
