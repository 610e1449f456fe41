import { existsSync } from 'node:fs';
import { UserError } from '@atelier/errors';
import { readDocument } from '@atelier/files';
import { publishedReferenceSchema, type Reference } from '@atelier/report/reference';
import { expectationOf, show, valueAt } from '@atelier/settings';

/** `datasets/mine.json` -> `datasets/mine.reference.json` */
const besideOf = (descriptor: string): string =>
  descriptor.replace(/(\.[^./\\]*)?$/, '.reference.json');

/**
 * The published numbers that lie beside a dataset's descriptor; undefined where there are none.
 * @param descriptor its path
 * @throws UserError where the file cannot be used
 */
export async function readPublishedReference(descriptor: string): Promise<Reference | undefined> {
  const path = besideOf(descriptor);
  if (!existsSync(path)) return undefined;
  const value = await readDocument(path, {
    name: 'published reference',
    expected: 'a JSON file such as datasets/fashion-mnist.reference.json',
    remedy: 'correct it or remove it; --reference names a run to compare with',
  });
  const { data, error } = publishedReferenceSchema.safeParse(value);
  if (data !== undefined) return data;
  const issue = error.issues[0]!;
  throw new UserError({
    what: 'The published reference is not usable.',
    where: `${issue.path.join('.') || 'the whole'} in ${path}`,
    expected: expectationOf(issue),
    found: show(valueAt(value, issue.path)),
  });
}
