import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeWhole } from '@atelier/files';
import type { Splits } from './data-contract.ts';
import { imageSize } from './image-shape.ts';
import type { SplitFiles } from './read-split.ts';
import {
  encodeShardedSplit,
  encodeSplit,
  type Shard,
  type Split,
  wholeSplitBytes,
} from './split.ts';
import { partOf, type SplitRows } from './split-rows.ts';

/** Bytes of a shard's images: every store takes it in one request, every machine holds it. */
const usualShardBytes = 2 ** 27;

/**
 * Writes every split to a folder: in one file, or in shards where its images are more than are held,
 * or lie in a file that does.
 * @param mostHeld bytes of images; as many as a device holds, unless given
 */
export async function writeSplits(
  splits: Splits,
  directory: string,
  mostHeld = wholeSplitBytes,
): Promise<Splits<SplitFiles>> {
  const shardBytes = Math.min(usualShardBytes, mostHeld);
  const write = (split: Split | SplitRows): Promise<SplitFiles> => {
    const bytes = split.labels.length * imageSize(split.shape);
    const most = 'images' in split ? mostHeld : shardBytes;
    const path = join(directory, `${split.name}.safetensors`);
    return bytes > most ? writeShards(split, path, shardBytes) : writeOne(split, path);
  };
  // One after the other: where the disk is full, only one fails, and is waited for.
  return {
    train: await write(splits.train),
    validation: await write(splits.validation),
    ...(splits.gate && { gate: await write(splits.gate) }),
    test: await write(splits.test),
  };
}

async function writeOne(split: Split | SplitRows, path: string): Promise<SplitFiles> {
  const whole = 'images' in split ? split : split.part(0, split.labels.length);
  await writeWhole(path, encodeSplit(whole));
  return { path };
}

async function writeShards(
  split: Split | SplitRows,
  path: string,
  shardBytes: number,
): Promise<SplitFiles> {
  const n = split.labels.length;
  const each = Math.max(1, Math.floor(shardBytes / imageSize(split.shape)));
  const shards: Shard[] = [];
  const paths: string[] = [];
  for (let from = 0; from < n; from += each) {
    const part = partOf(split, from, Math.min(n, from + each));
    const bytes = encodeSplit(part);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    shards.push({ sha256, bytes: bytes.length, count: part.labels.length });
    const file = path.replace(/safetensors$/, `${String(shards.length).padStart(4, '0')}.$&`);
    await writeWhole(file, bytes);
    paths.push(file);
  }
  await writeWhole(path, encodeShardedSplit(split, shards));
  return { path, shards: paths };
}
