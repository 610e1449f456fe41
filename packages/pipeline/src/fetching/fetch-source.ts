import { basename, dirname, join } from 'node:path';
import { openObjects } from '@atelier/artifacts';
import { isPicture, tablePathsInChild } from '@atelier/data';
import { readEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { withLock } from '@atelier/processes';
import type { DataSource } from '../commands/data-source.ts';
import { reachServices } from '../commands/services.ts';
import type { Console } from '../terminal/console.ts';
import { progressLine } from '../terminal/progress-line.ts';
import { type FetchJob, fetchFiles } from './fetch-files.ts';
import { httpOrigin } from './http-origin.ts';
import type { Origin } from './origin.ts';
import { s3Origin } from './s3-origin.ts';

/**
 * Receives what a source elsewhere holds, where the source says: a file, the pictures that a table
 * lists, or all pictures, or Parquet files with such, below a prefix. What is there from an earlier time and did not change stays.
 * Of two commands that fetch the same, one waits for the other.
 * @throws UserError, WorldError where it cannot be had
 */
export async function fetchSource(
  source: DataSource,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  const { address, path, kind } = source;
  if (address === undefined) return;
  const folder = kind === 'folder' ? dirname(path) : dirname(dirname(path));
  const onWait = ({ pid }: { pid: number }): void =>
    console.line(`Waiting for process ${pid}, which fetches the same.`);
  try {
    await withLock(`${folder}.lock`, () => fetchLocked(source, address, console, signal), {
      ...{ signal, onWait },
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

async function fetchLocked(
  { kind, path }: DataSource,
  address: URL,
  console: Console,
  signal: AbortSignal,
): Promise<void> {
  await withOrigin(address, kind === 'folder', console, async (origin) => {
    const onProgress: FetchJob['onProgress'] = ({ bytes, ...progress }) =>
      console.status(
        `${progressLine(`fetching from ${origin.address}`, progress)}, ${megabytes(bytes)} MB`,
      );
    const job = { origin, signal, onProgress };
    if (kind === 'folder') {
      const all = await origin.list!();
      const pictures = all.filter(isPicture);
      // Where nothing is a picture by itself, pictures may be in tables.
      const names = pictures.length > 0 ? pictures : all.filter((name) => /\.parquet$/i.test(name));
      if (names.length === 0) throw nothingThere(address);
      await fetchFiles({ ...job, directory: path, names });
    } else {
      const [directory, name] = [dirname(path), basename(path)];
      const [missing] = await fetchFiles({
        ...job,
        directory: kind === 'table' ? `${directory}.table` : directory,
        names: [name],
      });
      if (missing !== undefined) throw nothingThere(address);
      if (kind !== 'table') return;
      const listed = await tablePathsInChild(join(`${directory}.table`, name), signal);
      await fetchFiles({ ...job, directory, names: [...new Set([name, ...listed])] });
    }
    console.clear();
  });
}

/** @param isFolder whether the address is that of a folder, or of a file in one */
async function withOrigin(
  address: URL,
  isFolder: boolean,
  console: Console,
  work: (origin: Origin) => Promise<void>,
): Promise<void> {
  const environment = readEnvironment();
  const folder = new URL(address);
  folder.pathname = isFolder
    ? folder.pathname.replace(/\/*$/, '/')
    : folder.pathname.slice(0, folder.pathname.lastIndexOf('/') + 1);
  if (address.protocol !== 's3:') return work(httpOrigin(folder, environment.proxies));
  const bucket = address.hostname;
  const prefix = decodeURIComponent(folder.pathname).slice(1);
  if (environment.s3) return work(s3Origin(openObjects({ ...environment.s3, bucket }), prefix));
  const { state, giveBack } = await reachServices(environment, console, 'read');
  try {
    await work(s3Origin(openObjects({ ...state.s3, bucket }), prefix));
  } finally {
    await giveBack();
  }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

const nothingThere = ({ href }: URL): UserError =>
  new UserError({
    what: 'There is nothing to train on at this address.',
    where: href,
    expected:
      'pictures below it, in a folder for each class, or in Parquet files, or a table or arrays of this name',
    found: 'none',
    remedy: 'correct the address',
  });
