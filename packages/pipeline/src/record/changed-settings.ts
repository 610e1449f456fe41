import { isDeepStrictEqual } from 'node:util';
import { valueAt } from '@atelier/settings';
import { runOptionsSchema, runSettings } from '../configuration/run-options.ts';

/** Every run has its own, which its record and the lists show in any case. */
const ownOfEachRun = ['dataset', 'seed'];

/**
 * Of a run's configuration what differs from the defaults of this version, by the settings' paths:
 * `{ "recipe.epochs": 3 }`. Besides, which stages were forced, which epoch it goes on from, whose weights
 * it begins with, and which run its report is compared with.
 * @param configuration of a run of any version
 */
export function changedSettings(configuration: unknown): Record<string, unknown> {
  const defaults = runOptionsSchema.parse({});
  const changed = runSettings.flatMap(({ path, default: own }): [string, unknown][] => {
    if (ownOfEachRun.includes(path[0]!)) return [];
    const value = valueAt(configuration, path);
    const usual = valueAt(defaults, path) ?? own;
    return value === undefined || isDeepStrictEqual(value, usual) ? [] : [[path.join('.'), value]];
  });
  const { fresh, adopt } = (configuration ?? {}) as Record<string, unknown>;
  if (Array.isArray(fresh) && fresh.length > 0) changed.push(['fresh', fresh]);
  const [run, epoch] = ['run', 'epoch'].map((key) => valueAt(adopt, [key]));
  if (run !== undefined) changed.push(['adopt', { run, epoch }]);
  const from = valueAt(configuration, ['initialise', 'from']);
  if (from !== undefined) changed.push(['initialise', from]);
  const { reference } = (configuration ?? {}) as Record<string, unknown>;
  const compared = valueAt(reference, ['answers', 'run']);
  if (reference === 'none' || compared !== undefined)
    changed.push(['reference', compared ?? reference]);
  return Object.fromEntries(changed);
}
