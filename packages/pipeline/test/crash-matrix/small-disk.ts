import { execFile } from 'node:child_process';
import { chmod, open, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Strike } from './strike.ts';
import type { TestBench } from './test-bench.ts';
import { pidOf } from './victims.ts';

const fullSeconds = 20;
/** Enough for a run of the matrix many times over. */
const megabytes = 128;

const namespace = ['unshare', '--user', '--map-root-user', '--mount'];

/** Why MinIO cannot have a disk of its own here; undefined where it can. */
export async function noSmallDisk(): Promise<string | undefined> {
  const [command, ...args] = [...namespace, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'];
  return promisify(execFile)(command!, args).then(
    () => undefined,
    (error: Error) => error.message.trim().split('\n').at(-1)!,
  );
}

/**
 * Writes a program that takes MinIO's place: MinIO itself, its data on a small disk in memory that
 * nobody else sees.
 * @param bench a stack that runs MinIO
 * @param directory where to write it
 */
export async function minioOnSmallDisk(bench: TestBench, directory: string): Promise<string> {
  const minio = await readlink(`/proc/${await pidOf(bench, 'minio')}/exe`);
  const path = join(directory, 'minio-on-small-disk');
  const script = `#!/bin/sh
[ "$1" = server ] || exec '${minio}' "$@"
mkdir -p "$2"
exec ${namespace.join(' ')} sh -c \\
  'mount -t tmpfs -o size=${megabytes}m tmpfs "$2" && exec "$0" "$@"' '${minio}' "$@"
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}

/** Fills MinIO's disk to the last byte, for 20 s. */
export const fillDisk: Strike = async (bench) => {
  const home = bench.stack.environment.home;
  // The disk as MinIO's own process sees it.
  const data = `/proc/${await pidOf(bench, 'minio')}/root${join(home, 'minio')}`;
  const filler = join(data, 'filler');
  await writeUntilFull(filler);
  return [sleep(1000 * fullSeconds).then(() => rm(filler))];
};

async function writeUntilFull(path: string): Promise<void> {
  const file = await open(path, 'w');
  const chunk = Buffer.alloc(1 << 20);
  try {
    // The last write is cut short, and the one after it writes nothing or fails.
    while ((await file.write(chunk)).bytesWritten > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}
