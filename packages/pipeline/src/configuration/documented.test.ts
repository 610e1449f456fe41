import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configurationFlags } from './flags.ts';
import { runOptionsSchema } from './run-options.ts';

const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');

/** [setting, its flag or nothing, default] of every row of the table of settings. */
const documented = [...page.matchAll(/^\| `([\w.]+)` +\| (?:`--(\w+)`)?[^|]*\| ([^|]+?) *\|/gm)]
  .map(([, setting, flag, value]) => ({ setting: setting!, flag, value: value! }))
  .filter(({ setting }) => !/^[A-Z]/.test(setting));

/** Every value of the defaults under its path. */
function leaves(value: unknown, path: string[] = []): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [[path.join('.'), Array.isArray(value) ? value.join(', ') : String(value)]];
  return Object.entries(value).flatMap(([key, below]) => leaves(below, [...path, key]));
}

test('docs/configuration.md tells of every setting, its flag and its default', () => {
  // What has no value by default is told in words.
  const inWords = { mirrors: 'none', seed: '1; of a schedule: see below' };
  const others = { threads: 'all cores', evaluationBatch: '1000' };
  const defaults = Object.fromEntries(leaves(runOptionsSchema.parse({})));
  const expected = { ...defaults, ...inWords, ...others };
  const found = documented.map(({ setting, value }) => {
    const number = Number(value);
    const plain = value.replace(/^`(.*)`$/, '$1');
    return [setting, value !== '' && !Number.isNaN(number) ? String(number) : plain];
  });
  expect(Object.fromEntries(found)).toEqual(expected);

  const flags = Object.fromEntries(
    documented.filter(({ flag }) => flag).map(({ setting, flag }) => [flag, setting]),
  );
  expect(flags).toEqual(
    Object.fromEntries(configurationFlags.map(({ name, path }) => [name, path.join('.')])),
  );
});
