import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type RunConfig, readRunConfig } from './run-configuration.ts';

const { configuration } = JSON.parse(
  readFileSync(new URL('../test/recorded/default/run.json', import.meta.url), 'utf8'),
) as { configuration: RunConfig };

test('a configuration from before a field existed gets the default of the field', () => {
  const { engine: _, augmentation, ...recipe } = configuration.recipe;
  const { scale: __, ...older } = augmentation;
  const read = readRunConfig({
    ...configuration,
    recipe: { ...recipe, augmentation: older } as RunConfig['recipe'],
  });
  expect(read.recipe).toEqual(configuration.recipe);
});

test('a configuration that today is refused is left as it is, so that its run can be replayed', () => {
  const refused = { ...configuration, splitSeed: 0.5 };
  expect(readRunConfig(refused)).toBe(refused);
});
