import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { RunConfig } from '../run-configuration.ts';
import { acceptRun, objectionToRun } from './accept-run.ts';

const { configuration } = JSON.parse(
  readFileSync(new URL('../../test/recorded/default/run.json', import.meta.url), 'utf8'),
) as { configuration: RunConfig };

const objection = (given: unknown, runId = 'a-run') => objectionToRun(given, runId);

test('a configuration from before a field existed gets the default of the field', () => {
  const { engine: _, augmentation, ...recipe } = configuration.recipe;
  const { scale: __, ...older } = augmentation;
  const given = { ...configuration, recipe: { ...recipe, augmentation: older } };
  const { recipe: filled } = acceptRun(given, 'a-run');
  expect(filled).toMatchObject(configuration.recipe);
  // What was recorded lacks what came after it, too.
  expect(filled).toEqual(acceptRun(configuration, 'a-run').recipe);
});

const deep: unknown = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`);

test.each([
  [undefined, 'the argument of the workflow', 'a group of fields'],
  [null, 'the argument of the workflow', 'a group of fields'],
  [[], 'the argument of the workflow', 'a group of fields'],
  [{}, 'schemaVersion', '1'],
  [{ ...configuration, seed: -1 }, 'seed', ''],
  [{ ...configuration, seed: 'weekly' }, 'seed', ''],
  [{ ...configuration, splitSeed: 2 ** 40 }, 'splitSeed', 'at most 4294967295'],
  [{ ...configuration, network: deep }, 'network', ''],
  [{ ...configuration, recipe: { ...configuration.recipe, epochs: '3' } }, 'recipe.epochs', 'a '],
  [{ ...configuration, mirrors: ['ftp://a'] }, 'mirrors.0', 'an address'],
  [{ ...configuration, threads: 5_000 }, 'threads', 'at most 1024'],
  [{ ...configuration, fresh: ['lunch'] }, 'fresh', 'one of data, train'],
  [{ ...configuration, ['x'.repeat(9_000)]: 1 }, 'the argument of the workflow', 'no field xxx'],
  [{ ...configuration, adopt: { run: 'r' } }, 'adopt', ''],
])('%# a run is refused that is started with something else', (given, where, expected) => {
  const found = objection(given)!;
  expect(found.where).toContain(where);
  expect(found.expected).toContain(expected);
});

test.each(['../../registry', 'a b', '', 'x'.repeat(101), 'a\u001b[2J'])(
  '%j is no name of a run',
  (name) => {
    expect(objection(configuration, name)?.what).toBe('This cannot be the name of a run.');
  },
);

test('what the commands start is accepted', () => {
  for (const name of ['20260131-020000-k7wq', 'nightly-2026-11-25T14:25:27Z'])
    expect(objection(configuration, name)).toBeUndefined();
  expect(objection({ ...configuration, seed: 'nightly', fresh: ['data'] })).toBeUndefined();
});
