import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { namespace, writeUntilFull } from '../crash-matrix/small-disk.ts';

/** A disk in memory that outlives the service whose data lies on it, however often that is killed. */
export interface HeldDisk {
  /** Runs in MinIO's place: MinIO, its data on this disk. */
  program: string;
  /** Bytes that are taken, what `fill` wrote included. */
  used(): Promise<number>;
  /** Fills it to the last byte, and keeps it so until it is freed. */
  fill(): Promise<void>;
  free(): Promise<void>;
  close(): void;
}

const megabytes = 512;

/**
 * A process keeps the disk for as long as this one lives; MinIO is started where that process is.
 * @param directory for the program
 * @param minio the program in whose place it runs
 */
export async function holdDisk(directory: string, minio: string): Promise<HeldDisk> {
  const folder = join(directory, 'disk');
  const program = join(directory, 'minio-on-held-disk');
  await mkdir(folder);
  const hold = `mount -t tmpfs -o size=${megabytes}m tmpfs "$0" && echo held && exec cat`;
  const [unshare, ...rest] = namespace;
  const keeper = spawn(unshare!, [...rest, 'sh', '-c', hold, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(keeper.stdout, 'data');
  const script = `#!/bin/sh
[ "$1" = server ] || exec '${minio}' "$@"
shift 2
exec nsenter --user --mount --preserve-credentials --target ${keeper.pid} '${minio}' server '${folder}/data' "$@"
`;
  await writeFile(program, script);
  await chmod(program, 0o755);
  const inside = `/proc/${keeper.pid}/root${folder}`;
  const filler = join(inside, 'filler');
  let filling = Promise.resolve();
  let refilling: NodeJS.Timeout | undefined;
  return {
    program,
    async used() {
      const { blocks, bfree, bsize } = await statfs(inside);
      return (blocks - bfree) * bsize;
    },
    async fill() {
      await writeUntilFull(filler);
      // MinIO goes on deleting what was removed before.
      refilling = setInterval(() => {
        filling = filling.then(() => writeUntilFull(filler));
      }, 100);
    },
    async free() {
      clearInterval(refilling);
      await filling;
      await rm(filler, { force: true });
    },
    close() {
      clearInterval(refilling);
      // Its standard input ends with this process as well.
      keeper.stdin.end();
    },
  };
}
