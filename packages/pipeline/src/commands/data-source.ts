import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { bounded, lineProblem } from '@atelier/text';
import { type PictureFlags, readPictureForm } from '../configuration/picture-flags.ts';

/** What a person names to train on. */
export interface DataSource {
  /** As it was written. */
  given: string;
  /** The absolute path of the folder or file. */
  path: string;
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
  const path = resolve(given);
  const kind = kindOf(path);
  // What is not there is told as a folder that is not.
  if (kind !== undefined || !statSync(path, { throwIfNoEntry: false })?.isFile())
    return { given, path, kind: kind ?? 'folder' };
  throw new UserError({
    what: 'This file is no dataset.',
    where: given,
    expected: `a folder of pictures, or a file ${Object.keys(kinds).join(', ')}`,
    found: extname(path) === '' ? 'a file without an ending' : `a file ${extname(path)}`,
    remedy: 'a descriptor is named with --dataset',
  });
}

function kindOf(path: string): DataSource['kind'] | undefined {
  const kind = kinds[extname(path).toLowerCase()];
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? kind === undefined;
  return isFolder ? 'folder' : kind;
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
export function datasetName(source: DataSource): string {
  const plain = bareName(source)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return plain.slice(0, 60) || (isOfPictures(source) ? 'pictures' : 'images');
}

export function titleOf(source: DataSource): string {
  const name = bareName(source).normalize('NFC');
  return name === '' || lineProblem(name) ? datasetName(source) : bounded(name, 100);
}
