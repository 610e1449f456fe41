import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  decodeSplit,
  pathsIn,
  prepareDataset,
  prepareInChild,
  readDescriptor,
} from '../src/index.ts';
import type { PreparationJob } from '../src/prepare-in-child.ts';
import { syntheticDataset } from '../src/synthetic-dataset.ts';

let directory: string;
let job: PreparationJob;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'in-child-'));
  const descriptor = await readDescriptor(
    await syntheticDataset({ directory, train: 60, test: 40, channels: 3 }),
  );
  job = { descriptor, files: pathsIn(directory, descriptor), splitSeed: 3, directory };
});
afterAll(() => rm(directory, { recursive: true }));

test('the child writes what is prepared here, and its refusals come back as they are', async () => {
  const { manifest, files } = await prepareInChild(job);
  const here = await prepareDataset(job);
  expect(JSON.stringify(manifest)).toBe(JSON.stringify(here.manifest));
  for (const [name, { path }] of Object.entries(files))
    expect(decodeSplit(await readFile(path), path)).toEqual(
      here.splits[name as keyof typeof here.splits],
    );

  await writeFile(job.files.testLabels!, 'no labels');
  const failure = await failureFrom(UserError, prepareInChild(job));
  expect(failure).toEqual(await failureFrom(UserError, prepareDataset(job)));
  expect(failure.mendedBy).toEqual(['dataset']);
});
