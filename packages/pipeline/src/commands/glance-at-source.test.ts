import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sha256 } from '@atelier/artifacts';
import { readOpenDescriptor } from '@atelier/data';
import { syntheticDataset } from '@atelier/data/testing';
import { readEnvironment } from '@atelier/environment';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../run-store.ts';
import { glanceAtSource, glanceForNights } from './glance-at-source.ts';

let directory: string;
let descriptor: string;
let names: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glance-'));
  descriptor = await syntheticDataset({ directory, train: 20, test: 20 });
  const fixed = JSON.parse(await readFile(descriptor, 'utf8'));
  const files = Object.entries<{ name: string }>(fixed.files);
  names = files.map(([, { name }]) => name);
  const followed = files.map(([role, { name }]) => [role, { name, follow: true }]);
  await writeFile(descriptor, JSON.stringify({ ...fixed, files: Object.fromEntries(followed) }));
});
afterEach(() => rm(directory, { recursive: true }));

/** What a command says, of a dataset whose files a run has found as they are at first. */
async function glance(look: typeof glanceForNights) {
  const said: string[] = [];
  const files = Object.fromEntries(
    await Promise.all(
      names.map(async (name) => {
        const content = await readFile(join(directory, name)).catch(() => Buffer.alloc(0));
        const url = pathToFileURL(join(directory, name)).href;
        return [name, { name, url, bytes: content.length, sha256: sha256(content) }];
      }),
    ),
  );
  const target = { schemaVersion: 1, files };
  const store = {
    readPointer: async () => ({ target, version: '' }),
    inspectBlob: async () => undefined,
  } as Pick<Store, 'readPointer' | 'inspectBlob'> as Store;
  const line = (text = '') => void said.push(text);
  const again = () =>
    readOpenDescriptor(descriptor).then((dataset) =>
      look(
        { store, environment: readEnvironment({}) },
        { dataset, mirrors: [] },
        { line, warn: line },
      ),
    );
  return { said, again };
}

test('files that are what the last run found need no word, others are named', async () => {
  const { said, again } = await glance(glanceAtSource);
  await again();
  expect(said).toEqual([]);
  await writeFile(join(directory, names[0]!), 'another');
  await again();
  expect(said[0]).toMatch(new RegExp(`has changed since the last run: ${names[0]}\\.$`));
});

test('a mirror that is away ends a start, and is said to whoever schedules nights', async () => {
  await rm(join(directory, names[1]!));
  const { again } = await glance(glanceAtSource);
  await expect(again()).rejects.toThrow(`No mirror has ${names[1]}.`);
  const nights = await glance(glanceForNights);
  await nights.again();
  expect(nights.said[0]).toBe(
    `! No mirror has ${names[1]}. No night can train as long as this is so.`,
  );
});
