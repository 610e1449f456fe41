import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { RunConfig } from '../run-configuration.ts';
import { readConfig, resolveRunConfig } from './read-config.ts';
import { runOptionsSchema } from './run-options.ts';

const dataset = fileURLToPath(new URL('../../../../datasets/fashion-mnist.json', import.meta.url));
const options = (given: object) => runOptionsSchema.parse({ dataset, ...given });

test('a run without a seed gets 1, one of a schedule another every night', async () => {
  expect((await resolveRunConfig(options({}))).seed).toBe(1);
  expect((await resolveRunConfig(options({}), 'nightly')).seed).toBe('nightly');
});

test('a seed that is set stays, in a schedule too', async () => {
  expect((await resolveRunConfig(options({ seed: 7 }), 'nightly')).seed).toBe(7);
});

test('several seeds are for a run that promotes, and a schedule keeps them until told otherwise', async () => {
  const config = (await readConfig({ dataset, nightlySeeds: '3' }, 'nightly')) as RunConfig;
  expect(config).toMatchObject({ seed: 'nightly', nightly: { seeds: 3 } });
  const changed = await readConfig({ epochs: '5' }, 'nightly', config);
  expect(changed).toMatchObject({ recipe: { epochs: 5 }, nightly: { seeds: 3 } });
  expect(await readConfig({ nightlySeeds: '1' }, 'nightly', config)).not.toHaveProperty('nightly');
  await expect(readConfig({ dataset, nightlySeeds: '3' })).rejects.toThrow(
    /--nightlySeeds[\s\S]*--promote/,
  );
  await expect(readConfig({ dataset, nightlySeeds: '26' }, 'nightly')).rejects.toThrow(
    'at most 25',
  );
});
