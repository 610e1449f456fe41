import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { resolveRunConfig } from './read-config.ts';
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
