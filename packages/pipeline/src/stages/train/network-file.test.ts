import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobKey } from '@atelier/artifacts';
import { memoryObjects } from '@atelier/artifacts/testing';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStoreOn } from '../../run-store.ts';
import { openBlobFiles } from '../../stage-activity/blob-files.ts';
import { networkFile } from './network-file.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'network-file-'));
});
afterAll(() => rm(scratch, { recursive: true }));

test("a network's text that is gone is named, with what brings it back, and then is found", async () => {
  const objects = memoryObjects();
  const store = openStoreOn(objects);
  const text = Buffer.from('exports.forward = (x) => x;');
  const network = { name: 'mine.ts', module: await store.putBlob(text) };
  const files = (name: string) => openBlobFiles(store, join(scratch, name));
  expect(await readFile(await networkFile(files('a'), network))).toEqual(text);

  objects.seed(blobKey(network.module), Buffer.from('exports.forward = (y) => y;'));
  const damaged = await failureFrom(UserError, networkFile(files('b'), network));
  expect(damaged.what).toMatch(/^The text of the network mine.ts is damaged in the store/);
  const gone = await failureFrom(UserError, networkFile(files('b'), network));
  expect(gone).toMatchObject({
    what: expect.stringMatching(/mine.ts is missing in the store/),
    where: expect.stringContaining(network.module.sha256),
    remedy: expect.stringMatching(/--network and the same mine.ts/),
  });
  await store.putBlob(text);
  expect(await readFile(await networkFile(files('b'), network))).toEqual(text);
});
