import { execFile } from 'node:child_process';
import { chmod, open, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { WorkerCommand } from '@atelier/infra';
import type { Strike } from './strike.ts';
import type { TestBench } from './test-bench.ts';
import { pidOf } from './victims.ts';

/** What lies on a small disk of its own: the data of a service, or the worker's cache. */
export type SmallDisk = 'minio' | 'temporal' | 'cache';

/** Programs that run in a service's place: the service itself, its data on a small disk. */
export type Programs = Partial<Record<Exclude<SmallDisk, 'cache'>, string>>;

const fullSeconds = 20;
/** Enough for a run of the matrix many times over. */
const megabytes = 128;

export const namespace = ['unshare', '--user', '--map-root-user', '--mount'];
/** Runs a command, its first argument, with a folder, its name, on a disk in memory. */
const mountAndRun = `mount -t tmpfs -o size=${megabytes}m tmpfs "$0" && exec "$@"`;

/** Why nothing can have a disk of its own here; undefined where it can. */
export async function noSmallDisk(): Promise<string | undefined> {
  const [command, ...args] = [...namespace, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'];
  return promisify(execFile)(command!, args).then(
    () => undefined,
    (error: Error) => error.message.trim().split('\n').at(-1)!,
  );
}

/** Where a service is told to keep its data, in its program's arguments after `server`. */
const dataFolders = { minio: '"$2"', temporal: '"$(dirname "$4")"' };

/**
 * Writes a program that takes a service's place: the service itself, its data on a small disk in
 * memory that nobody else sees.
 * @param bench a stack that runs the service
 * @param directory where to write it
 */
export async function serviceOnSmallDisk(
  service: keyof typeof dataFolders,
  bench: TestBench,
  directory: string,
): Promise<Programs> {
  const program = await readlink(`/proc/${await pidOf(bench, service)}/exe`);
  const path = join(directory, `${service}-on-small-disk`);
  const script = `#!/bin/sh
[ "$1" = server ] || exec '${program}' "$@"
folder=${dataFolders[service]}
mkdir -p "$folder"
exec ${namespace.join(' ')} sh -c '${mountAndRun}' "$folder" '${program}' "$@"
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return { [service]: path };
}

/** A worker whose cache, a folder that exists, is on a small disk. */
export function onSmallCache(cache: string, { command, args }: WorkerCommand): WorkerCommand {
  const [unshare, ...rest] = namespace;
  return { command: unshare!, args: [...rest, 'sh', '-c', mountAndRun, cache, command, ...args] };
}

/** Fills a small disk to the last byte, for 20 s. */
export const fillDisk =
  (disk: SmallDisk): Strike =>
  async (bench) => {
    const service = disk === 'cache' ? 'worker' : disk;
    const folder = disk === 'cache' ? bench.cache : join(bench.stack.environment.home, disk);
    // The disk as the process itself sees it.
    const filler = join(`/proc/${await pidOf(bench, service)}/root${folder}`, 'filler');
    await writeUntilFull(filler);
    return [sleep(1000 * fullSeconds).then(() => rm(filler))];
  };

/** Appends to a file until its disk is full. */
export async function writeUntilFull(path: string): Promise<void> {
  const file = await open(path, 'a');
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
