import { constants } from 'node:fs';
import { copyFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '@atelier/errors';
import { fileFailure, type HeldFile, hashedFile, holdFile } from '@atelier/files';
import { draftPath, removeAbandonedDrafts } from '../drafts.ts';
import type { ArraysDescriptor } from '../formats/arrays.ts';
import { openNpz } from '../formats/npz.ts';
import { openTensors } from '../formats/safetensors.ts';
import { imageSize, storedImageShape } from '../image-shape.ts';
import { countClasses, type Imported, type ImportPlace } from '../imported.ts';
import { usualTestShare, usualValidationShare } from '../set-of-digest.ts';
import { wholeSplitBytes } from '../split.ts';
import { openBytes } from './byte-source.ts';
import { chooseArrays } from './choose-arrays.ts';
import { arrayOf, imageShapeOf, readSets } from './read-arrays.ts';

export interface ArraysJob extends ImportPlace {
  format: ArraysDescriptor['format'];
  /** The file of arrays. */
  path: string;
}

const openers = { npz: openNpz, safetensors: openTensors };

/**
 * Makes a dataset of a file of arrays: a copy of it is kept beside the descriptor, so that the dataset
 * stays what it is whatever becomes of the file. Where there is one set of images, those are for tests
 * whose pixels' digest says so. However many images there are, few are in memory.
 * @param mostHeld bytes of the file, or of a set's images, that are held
 * @throws UserError where the file cannot be used
 */
export async function importArrays(
  {
    directory,
    name,
    title,
    path,
    format,
    source = `arrays of a file, ${title}`,
    importId = crypto.randomUUID(),
  }: ArraysJob,
  signal: AbortSignal,
  mostHeld = wholeSplitBytes,
): Promise<Imported<ArraysDescriptor>> {
  await removeAbandonedDrafts(directory);
  const draft = draftPath(directory, 'arrays', importId);
  let held: HeldFile | undefined;
  try {
    const bytes = await copyOf(path, draft);
    const { sha256, stamp } = await hashedFile(draft, signal);
    held = holdFile(draft, sha256, stamp);
    const content = await openBytes(held, bytes, mostHeld, signal);
    const opened = await openers[format]({ ...content, path });
    const { arrays: chosen, unused } = chooseArrays([...opened.keys()], path);
    const { trainImages, trainLabels, testImages, testLabels } = chosen;
    const arrays =
      testImages === undefined || testLabels === undefined
        ? { trainImages, trainLabels, testShare: usualTestShare }
        : { trainImages, trainLabels, testImages, testLabels };
    const where = `${path}, array ${trainImages}`;
    const shape = imageShapeOf(await arrayOf(opened, trainImages, path), where);
    const expected = { shape, classes: 256, mostHeld };
    const { train, test } = await readSets(opened, arrays, expected, path);
    // What was not held, and not divided by what it holds, was not read to its end.
    if (testImages !== undefined)
      for (const [name, { labels }] of [
        [trainImages, train],
        [testImages, test],
      ] as const)
        if (labels.length * imageSize(shape) > mostHeld)
          for await (const _ of (await arrayOf(opened, name, path)).pieces())
            signal.throwIfAborted();
    const classes = 1 + Math.max(maximum(train.labels), maximum(test.labels));
    const classCounts = {
      train: countClasses(train.labels, classes),
      test: countClasses(test.labels, classes),
    };
    checkClasses(classCounts, path, 'testShare' in arrays);
    const file = { name: `${name}-${sha256.slice(0, 12)}.${format}`, bytes, sha256 };
    signal.throwIfAborted();
    await rename(draft, join(directory, file.name));
    const descriptor: ArraysDescriptor = {
      ...{ schemaVersion: 1, format, name, title },
      classes: Array.from({ length: classes }, (_, c) => String(c)),
      ...storedImageShape(shape),
      ...{ source, licence: 'not stated', mirrors: [] },
      files: { data: file },
      arrays,
      counts: { train: train.labels.length, test: test.labels.length },
      validation: { fraction: usualValidationShare },
    };
    return { descriptor, classCounts, others: unused };
  } finally {
    held?.close();
    await rm(draft, { force: true });
  }
}

/** @returns its bytes */
async function copyOf(path: string, copy: string): Promise<number> {
  try {
    // Costs no space where the file system shares what is equal.
    await copyFile(path, copy, constants.COPYFILE_FICLONE);
    return (await stat(copy)).size;
  } catch (error) {
    throw fileFailure(error, path);
  }
}

const maximum = (labels: Uint8Array): number => labels.reduce((a, b) => Math.max(a, b), 0);

function checkClasses(
  { train, test }: Imported['classCounts'],
  where: string,
  isDivided: boolean,
): void {
  const without = [...train.keys()].filter((c) => train[c] === 0);
  if (train.length < 2 || without.length > 0)
    throw new UserError({
      what:
        train.length < 2
          ? 'These are images of one class.'
          : 'There is nothing to learn of a class.',
      where,
      expected: 'at least two classes, numbered from 0 on, and images to learn from of each',
      found: train.length < 2 ? 'only label 0' : `none of ${without.join(', ')}`,
      remedy: `number the classes without gaps: numpy.unique(labels, return_inverse=True)[1]`,
    });
  if (test.every((count) => count === 0))
    throw new UserError({
      what: 'There is no image to test with.',
      where,
      expected: isDivided
        ? `about ${100 * usualTestShare} % of the images, chosen by their content`
        : 'images in the arrays for tests',
      found: `none of ${train.reduce((a, b) => a + b)} images`,
      remedy: `add images, or arrays x_test and y_test to ${basename(where)}`,
    });
}
