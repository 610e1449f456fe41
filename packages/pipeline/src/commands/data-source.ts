import { createHash } from 'node:crypto';
import { type Stats, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { withoutSecrets } from '@atelier/addresses/without-secrets';
import { parseMirror } from '@atelier/download/mirror';
import { readEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import { bounded, lineProblem } from '@atelier/text';
import { type PictureFlags, readPictureForm } from '../configuration/picture-flags.ts';

/** What a person names to train on. */
export interface DataSource {
  /** As it was written. */
  given: string;
  /** The absolute path of the folder or file; of one elsewhere, where it is fetched to. */
  path: string;
  /** Where it lies if not on this machine: `http:`, `https:` or `s3:`. */
  address?: URL;
  kind: 'folder' | 'table' | 'npz' | 'safetensors';
}

/** By the ends of files' names. */
const kinds: Record<string, Exclude<DataSource['kind'], 'folder'>> = {
  '.csv': 'table',
  '.tsv': 'table',
  '.parquet': 'table',
  '.npz': 'npz',
  '.safetensors': 'safetensors',
};

/** @throws UserError where it is a file that nobody reads */
export function readDataSource(given: string): DataSource {
  if (/^(https?|s3):/i.test(given)) return sourceElsewhere(given);
  const path = resolve(given);
  const kind = kinds[extname(path).toLowerCase()];
  const at = statOf(path);
  const readable = `a folder of pictures, or a file ${Object.keys(kinds).join(', ')}`;
  if (at === undefined)
    throw new UserError({
      what: 'A file or folder does not exist.',
      where: withoutSecrets(given),
      expected: `${readable}, on this machine or at an address http://…, https://… or s3://…`,
      remedy: 'create it or name another',
    });
  if (!at.isFile() && !at.isDirectory())
    throw new UserError({
      what: 'This is neither a file nor a folder.',
      where: given,
      expected: readable,
      found: 'a pipe, a socket or a device, which gives its bytes once at most',
      remedy: 'write it into a file first',
    });
  if (at.isDirectory()) return { given, path, kind: 'folder' };
  if (kind !== undefined) return { given, path, kind };
  throw new UserError({
    what: 'This file is no dataset.',
    where: given,
    expected: readable,
    found: extname(path) === '' ? 'a file without an ending' : `a file ${extname(path)}`,
    remedy: 'a descriptor is named with --dataset',
  });
}

function sourceElsewhere(given: string): DataSource {
  const address = readAddress(given);
  const { pathname, protocol, href } = address;
  const kind = kinds[extname(pathname).toLowerCase()] ?? 'folder';
  if (kind === 'folder' && protocol !== 's3:')
    throw new UserError({
      what: 'Nobody lists what a web server has.',
      where: given,
      expected: `the address of a file ${Object.keys(kinds).join(', ')}`,
      found: pathname,
      remedy: 'name a table of the pictures, whose paths are below its own address',
    });
  const digest = createHash('sha256').update(href).digest('hex').slice(0, 12);
  const name = plainName(pathname) || address.hostname;
  const directory = join(readEnvironment().cacheDirectory, 'sources', digest);
  // One level more for what is a file: the folder of a table holds its pictures, too.
  const path = kind === 'folder' ? join(directory, name) : join(directory, 'files', name);
  return { given, path, kind, address };
}

/** What an address ends in, as people write it, where that is the name of a file. */
function plainName(pathname: string): string {
  const name = basename(pathname);
  try {
    const decoded = decodeURIComponent(name);
    return /^\.{0,2}$|[/\0]/.test(decoded) ? name : decoded;
  } catch {
    return name;
  }
}

/** @throws UserError for what is no address, or holds what a descriptor must not keep */
function readAddress(given: string): URL {
  if (!/^s3:/i.test(given)) return readWebAddress(given);
  const bucketAndKey = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s;
  const [, bucket, key = ''] = bucketAndKey.exec(given) ?? [];
  const parts = key.replace(/\/$/, '').split('/');
  const isPlain = parts.every((part, i) => !['.', '..'].includes(part) && (part !== '' || i === 0));
  // Keys are written as they are; what means something in an address is part of their names.
  if (bucket !== undefined && isPlain && lineProblem(given) === undefined)
    return new URL(`s3://${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`);
  throw new UserError({
    what: 'This is not the address of objects.',
    where: withoutSecrets(given),
    expected: 's3://bucket/prefix, with names in it as they are',
    found: withoutSecrets(given),
    remedy: 'correct the address; the access to it is in the environment (ATELIER_S3_…)',
  });
}

/** As the address of a mirror, which a descriptor keeps, too. */
function readWebAddress(given: string): URL {
  try {
    return parseMirror(given);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError({ ...error.failure, what: 'This is not the address of a file of data.' });
  }
}

/**
 * @returns undefined where nothing is there
 * @throws UserError where it cannot be reached
 */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fileFailure(error, path);
  }
}

/** What is wrong with what was fetched is told by its address: nobody knows the cache that it lies in. */
export function toldByAddress(error: unknown, { address, given, path, kind }: DataSource): unknown {
  if (address === undefined || !(error instanceof UserError)) return error;
  const { failure } = error;
  // What the disk refuses is about the cache.
  if (failure.where === undefined || /^E[A-Z]+:/.test(failure.found ?? '')) return error;
  const [cached, there] =
    kind === 'folder'
      ? [path, given.replace(/\/$/, '')]
      : [dirname(path), given.slice(0, given.lastIndexOf('/'))];
  // A table is looked at beside the folder of what it lists.
  const where = failure.where.replace(`${cached}.table`, () => there).replace(cached, () => there);
  return new UserError({ ...failure, where }, { cause: error });
}

/** Whether its images are pictures, which get a size and colours; arrays keep what they have. */
export const isOfPictures = ({ kind }: DataSource): boolean =>
  kind === 'folder' || kind === 'table';

/**
 * How its images become pixels.
 * @throws UserError where flags are wrong or say what the images themselves say
 */
export function formOf(source: DataSource, flags: PictureFlags) {
  if (isOfPictures(source)) return readPictureForm(flags);
  const [flag] = Object.keys(flags);
  if (flag === undefined) return undefined;
  throw new UserError({
    what: `--${flag} is for pictures.`,
    where: `${source.given}, --${flag}`,
    expected: 'no such flag: arrays keep the size and the colours that they have',
    remedy: 'leave it out',
  });
}

/** Where `start --data` keeps what it has imported of a source in this way. */
export function cachedImport(source: DataSource, flags: PictureFlags): string {
  const key = JSON.stringify([source.path, formOf(source, flags) ?? source.kind]);
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 12);
  const name = datasetName(source);
  return join(readEnvironment().cacheDirectory, 'imports', `${name}-${digest}`, `${name}.json`);
}

const bareName = ({ path, kind }: DataSource): string =>
  kind === 'folder' ? basename(path) : basename(path, extname(path));

/** A plain name for a dataset, made of the source's. */
export const datasetName = (source: DataSource): string =>
  fileName(bareName(source)) || (isOfPictures(source) ? 'pictures' : 'images');

/** What of a name may be that of a dataset and its files; perhaps nothing. */
export const fileName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
    .slice(0, 60);

export function titleOf(source: DataSource): string {
  const name = bareName(source).normalize('NFC');
  return name === '' || lineProblem(name) ? datasetName(source) : bounded(name, 100);
}
