import { networkOptionsSchema } from '@atelier/model/network';
import { settingsOf } from '@atelier/settings';
import { recipeSchema } from '@atelier/train/recipe';
import type { Report } from './report-schema.ts';

/** A setting as page and model card write it. */
export interface DescribedSetting {
  /** A nested setting's is its path. */
  name: string;
  value: string;
  /** What the setting decides; empty where its schema does not say. */
  help: string;
}

/** Every setting of the training, with its seed. */
export const recipeSettings = ({ recipe, seed }: Report): DescribedSetting[] => [
  { name: 'seed', value: String(seed), help: 'decides every random number of the training' },
  ...described(recipe, helpOf(recipeSchema)),
];

/** Every setting of the network, with what the dataset decides. */
export function networkSettings({ network }: Report): DescribedSetting[] {
  const help = helpOf(networkOptionsSchema);
  if (network.architecture !== 'module') return described(network, help);
  // Its tensors are the table of layers.
  const { inputs, classes, image, architecture, name, module, options } = network;
  return described({ inputs, classes, image, architecture, name, module, options }, help);
}

const helpOf = (schema: Parameters<typeof settingsOf>[0]): Map<string, string> =>
  new Map(settingsOf(schema).map(({ path, help }) => [path.join('.'), help]));

function described(value: object, help: Map<string, string>, path = ''): DescribedSetting[] {
  return Object.entries(value).flatMap(([key, entry]: [string, unknown]): DescribedSetting[] => {
    const name = path + key;
    const setting = (text: string) => [{ name, value: text, help: help.get(name) ?? '' }];
    if (Array.isArray(entry)) return setting(entry.join(', ') || 'none');
    if (typeof entry === 'object' && entry !== null) return described(entry, help, `${name}.`);
    return setting(String(entry));
  });
}
