import { show, valueAt } from '@atelier/settings';
import { runSettings } from '../configuration/run-options.ts';
import type { RunConfig } from '../run-configuration.ts';

/** What a schedule is, as people set it. */
export interface Scheduled {
  cron: string;
  timezone: string;
  config: RunConfig;
}

/** One setting that is changed, as text. */
export interface Difference {
  setting: string;
  before: string;
  after: string;
}

/** What differs between a schedule and what becomes of it, in the order of the settings. */
export function differencesBetween(before: Scheduled, after: Scheduled): Difference[] {
  const [old, now] = [rows(before), rows(after)];
  const changed = now.flatMap(([setting, text], i) =>
    old[i]![1] === text ? [] : [{ setting, before: old[i]![1], after: text }],
  );
  const same = JSON.stringify(before.config.dataset) === JSON.stringify(after.config.dataset);
  if (same || changed.some(({ setting }) => setting === 'dataset')) return changed;
  const { name } = after.config.dataset;
  return [...changed, { setting: 'dataset', before: name, after: `${name}, described anew` }];
}

function rows({ cron, timezone, config }: Scheduled): [string, string][] {
  return [
    ['cron', cron],
    ['timezone', timezone],
    ['whenParked', config.whenParked ?? 'next-night'],
    ['reference', referenceText(config.reference)],
    ['initialise', config.initialise?.from ?? 'drawn by the seed'],
    ...runSettings.map(({ path, unset }): [string, string] => {
      const value = path[0] === 'dataset' ? config.dataset.name : valueAt(config, path);
      return [path.join('.'), textOf(value, path[0] === 'seed' ? undefined : unset)];
    }),
  ];
}

const referenceText = (reference: RunConfig['reference']): string =>
  typeof reference === 'object' ? reference.source : (reference ?? 'published numbers');

/** @param unset what holds where nothing is set */
function textOf(value: unknown, unset = 'not set'): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return unset;
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : show(value);
}
