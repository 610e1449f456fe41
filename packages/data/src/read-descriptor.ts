import { UserError } from '@atelier/errors';
import { readDocument } from '@atelier/files';
import { lineProblem } from '@atelier/text';
import { checkDescriptor, type DatasetDescriptor } from './descriptor.ts';

/**
 * Reads a dataset descriptor (JSON, with or without a byte order mark).
 * @throws UserError that names the field which is wrong, what it expects and what it holds
 */
export async function readDescriptor(path: string): Promise<DatasetDescriptor> {
  const expected = lineProblem(path);
  if (expected !== undefined)
    throw new UserError({
      what: 'This cannot be the path of a dataset descriptor.',
      where: path,
      expected,
      found: path,
    });
  const text = await readDocument(path, {
    name: 'dataset descriptor',
    expected: 'a JSON file such as datasets/fashion-mnist.json',
    remedy:
      'name the descriptor; --mirror file:///folder says where the files lie that it describes',
  });
  return checkDescriptor(parseJson(text, path), path);
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
