import { readFile } from 'node:fs/promises';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import { checkDescriptor, type DatasetDescriptor } from './descriptor.ts';

/**
 * Reads a dataset descriptor (JSON, with or without a byte order mark).
 * @throws UserError that names the field which is wrong, what it expects and what it holds
 */
export async function readDescriptor(path: string): Promise<DatasetDescriptor> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileFailure(error, path);
  });
  return checkDescriptor(parseJson(text.replace(/^\uFEFF/, ''), path), path);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(
      {
        what: 'The dataset descriptor is not valid JSON.',
        where: path,
        found: (error as Error).message,
      },
      { cause: error },
    );
  }
}
