import { existsSync } from 'node:fs';
import { mkdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { AtelierEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { type Network, parameterCount } from '@atelier/model/network';
import type { RunIdentity } from './stages/plan.ts';
import { bytesText } from './terminal/text.ts';

/** A folder that runs write to, and what its disk has left. */
export interface Space {
  /** For people: "the store", "the worker's scratch folder". */
  what: string;
  folder: string;
  /** Bytes. */
  free: number;
  /** The disk that it is on. */
  disk: number;
}

/** Bytes that a run is going to write. */
export interface Needs {
  store: number;
  scratch: number;
  /** What they are; its checkpoints unless given. */
  of?: string;
}

/** The folders of this machine that runs write to. */
export interface Folders {
  /** Of the local store; absent where the store is elsewhere. */
  store?: string;
  scratch: string;
}

/** What a worker looks at before a run trains, and whom it tells. */
export interface Disks {
  folders: Folders;
  /** Bytes that should stay free beside a run. */
  low: number;
  /** Hands on that it is less, in words. */
  tellLow(run: RunIdentity, notice: string): Promise<void>;
}

/** Epochs that may wait for the store, and the one that training goes on from. */
const heldEpochs = 10;

/** A checkpoint is the parameters and their two moments in float32. */
const checkpointBytes = (network: Network): number => 12 * parameterCount(network);

/**
 * What training writes at most: a checkpoint an epoch, of which most are thinned out at its end, and
 * those that are on their way.
 */
export function trainingNeeds(network: Network, epochs: number): Needs {
  const each = checkpointBytes(network);
  return { store: epochs * each, scratch: Math.min(epochs, heldEpochs) * each };
}

const loopback = ['127.0.0.1', 'localhost', '[::1]'];

/** @param endpoint of the S3 service */
export function foldersOf(
  { home, cacheDirectory }: Pick<AtelierEnvironment, 'home' | 'cacheDirectory'>,
  endpoint: string,
): Folders {
  const isLocal = loopback.includes(new URL(endpoint).hostname) && existsSync(join(home, 'minio'));
  return { ...(isLocal && { store: home }), scratch: join(cacheDirectory, 'training') };
}

/** What the disk of a folder has left, which is made where it is missing. */
export async function spaceAt(what: string, folder: string): Promise<Space> {
  await mkdir(folder, { recursive: true });
  const [{ bavail, bsize }, { dev }] = await Promise.all([statfs(folder), stat(folder)]);
  return { what, folder, free: bavail * bsize, disk: dev };
}

/**
 * Looks whether what a run writes has room here.
 * @param low bytes that should be free beside it
 * @returns what a person should know
 * @throws UserError, with the numbers, where it has no room
 */
export async function checkRoom(folders: Folders, needs: Needs, low: number): Promise<string[]> {
  const spaces: [Space, number][] = [
    [await spaceAt("the worker's scratch folder", folders.scratch), needs.scratch],
  ];
  if (folders.store) spaces.unshift([await spaceAt('the store', folders.store), needs.store]);
  return judgeRoom(spaces, low, needs.of);
}

/** The same of what was found; folders on one disk share what it has. */
export function judgeRoom(
  spaces: readonly (readonly [Space, number])[],
  low: number,
  of = 'its checkpoints',
): string[] {
  const byDisk = new Map<number, (readonly [Space, number])[]>();
  for (const each of spaces) byDisk.set(each[0].disk, [...(byDisk.get(each[0].disk) ?? []), each]);
  return [...byDisk.values()].flatMap((here) => {
    const needed = here.reduce((sum, [, bytes]) => sum + bytes, 0);
    const { free, folder } = here[0]![0];
    const what = here.map(([space]) => space.what).join(' and ');
    if (free < needed)
      throw new UserError({
        what: 'This run does not fit on the disk.',
        where: `${folder}, for ${what}`,
        expected: `${bytesText(needed)} free for ${of}`,
        found: `${bytesText(free)} free`,
        remedy:
          '`npx atelier prune` says what could be removed; or free space, or use another disk (ATELIER_HOME, XDG_CACHE_HOME), then retry',
      });
    if (free - needed >= low) return [];
    return [
      `The disk is low: ${bytesText(free)} free at ${folder}, for ${what}, of which this run may take ${bytesText(needed)}; less than ${bytesText(low)} would be left. \`npx atelier prune\` says what could be removed.`,
    ];
  });
}
