import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { changedSettings } from './changed-settings.ts';

const { configuration } = JSON.parse(
  readFileSync(new URL('../../test/recorded/default/run.json', import.meta.url), 'utf8'),
);

test('of the default run only where it was told to look for its data', () => {
  expect(changedSettings(configuration)).toEqual({ mirrors: ['file:///data/fashion-mnist'] });
});

test('what differs is named by its path, whatever its depth; forced and adopted work, too', () => {
  const { recipe } = configuration;
  const augmentation = { ...recipe.augmentation, flip: 0 };
  const adopt = { run: 'a', training: 'f', epoch: 3, checkpoint: {} };
  const changed = { ...configuration, mirrors: [], recipe: { ...recipe, epochs: 3, augmentation } };
  expect(changedSettings({ ...changed, threads: 2, fresh: ['train'], adopt })).toEqual({
    'recipe.epochs': 3,
    'recipe.augmentation.flip': 0,
    threads: 2,
    fresh: ['train'],
    adopt: { run: 'a', epoch: 3 },
  });
});

test('a configuration of a version with other settings is no obstacle', () => {
  expect(changedSettings({ recipe: 'other' })).toEqual({});
});
