import { UserError } from '@atelier/errors';
import { bounded } from '@atelier/text';

/** Which arrays of a file are what; as in a descriptor. */
export interface ChosenArrays {
  trainImages: string;
  trainLabels: string;
  testImages?: string;
  testLabels?: string;
}

const sets: Record<string, string> = { train: 'train', training: 'train', test: 'test' };
Object.assign(sets, { testing: 'test' });

const parts: Record<string, 'Images' | 'Labels'> = {
  ...{ x: 'Images', image: 'Images', images: 'Images', pixels: 'Images', data: 'Images' },
  ...{ y: 'Labels', label: 'Labels', labels: 'Labels', target: 'Labels', targets: 'Labels' },
};

/** What each array is by its name: x_train, trainImages, test.labels, images; Keras, MedMNIST and others. */
function roleOf(name: string): string | undefined {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[ _./-]+/);
  const known = (table: Record<string, string>): string[] =>
    words.flatMap((word) => (Object.hasOwn(table, word) ? [table[word]!] : []));
  const [set, ...otherSets] = known(sets);
  const [part, ...otherParts] = known(parts);
  if (part === undefined || otherSets.length + otherParts.length > 0) return undefined;
  if (words.length !== (set === undefined ? 1 : 2)) return undefined;
  return `${set ?? 'train'}${part}`;
}

/**
 * Finds out which arrays of a file are images and labels, by their names.
 * @returns them, and the names of those that are neither
 * @throws UserError where two have the same part, or one is missing
 */
export function chooseArrays(
  names: readonly string[],
  where: string,
): { arrays: ChosenArrays; unused: string[] } {
  const found: Record<string, string> = {};
  const unused: string[] = [];
  for (const name of names) {
    const role = roleOf(name);
    if (role === undefined) unused.push(name);
    else if (found[role] === undefined) found[role] = name;
    else throw unclear(where, names, `${found[role]} and ${name} have the same meaning`);
  }
  const { trainImages, trainLabels, testImages, testLabels } = found;
  if (trainImages === undefined || trainLabels === undefined)
    throw unclear(where, names, `no ${trainImages === undefined ? 'images' : 'labels'}`);
  if (testImages !== undefined && testLabels !== undefined)
    return { arrays: { trainImages, trainLabels, testImages, testLabels }, unused };
  if (testImages !== undefined || testLabels !== undefined)
    throw unclear(where, names, `no ${testImages === undefined ? 'images' : 'labels'} for tests`);
  return { arrays: { trainImages, trainLabels }, unused };
}

const unclear = (where: string, names: readonly string[], problem: string): UserError =>
  new UserError({
    what: 'It is not clear which arrays of this file are images and which are labels.',
    where,
    expected: 'x_train, y_train, x_test and y_test, or images and labels (or names like these)',
    found: `${problem}; ${bounded(names.join(', '), 500) || 'no array'}`,
    remedy: 'rename the arrays',
  });
