import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '@atelier/errors';
import { readDocument } from '@atelier/files';
import { lineProblem } from '@atelier/text';
import {
  checkDescriptor,
  type DatasetDescriptor,
  followedFiles,
  isFixed,
  type OpenDescriptor,
} from './descriptor.ts';

/**
 * Reads a dataset descriptor: JSON, or YAML with the same fields. Where it names no mirror, its files
 * lie beside it.
 * @throws UserError that names the field which is wrong, what it expects and what it holds
 */
export async function readOpenDescriptor(path: string): Promise<OpenDescriptor> {
  const expected = lineProblem(path);
  if (expected !== undefined)
    throw new UserError({
      what: 'This cannot be the path of a dataset descriptor.',
      where: path,
      expected,
      found: path,
    });
  const value = await readDocument(path, {
    name: 'dataset descriptor',
    expected: 'a JSON file such as datasets/fashion-mnist.json',
    remedy:
      'name the descriptor; --mirror file:///folder says where the files lie that it describes',
  });
  const descriptor = checkDescriptor(value, path);
  if (descriptor.mirrors.length > 0) return descriptor;
  return { ...descriptor, mirrors: [pathToFileURL(dirname(resolve(path))).href] };
}

/**
 * Reads a dataset descriptor whose files are fixed.
 * @throws UserError as `readOpenDescriptor`, and where a file is followed
 */
export async function readDescriptor(path: string): Promise<DatasetDescriptor> {
  const descriptor = await readOpenDescriptor(path);
  if (isFixed(descriptor)) return descriptor;
  throw new UserError({
    what: 'The dataset descriptor does not say what its files are.',
    where: path,
    expected: 'the size and SHA-256 of every file',
    found: `${followedFiles(descriptor)
      .map(([role]) => role)
      .join(', ')} followed`,
  });
}
