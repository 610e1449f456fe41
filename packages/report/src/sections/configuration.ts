import { summary } from '@atelier/model';
import { html } from '../page/html.ts';
import { table } from '../page/table.ts';
import { type Material, type Section, section } from './section.ts';

/** Every setting that made this model. */
export function configuration({ report }: Material): Section {
  const { network, recipe, seed } = report;
  return section(
    'configuration',
    'Configuration',
    'Configuration',
    html`<div class="columns">
${table({ caption: 'Network', head: ['Setting', 'Value'], rows: settings(network) })}
${table({ caption: 'Recipe', head: ['Setting', 'Value'], rows: [['seed', String(seed)], ...settings(recipe)] })}
</div>
<details><summary>Layer by layer</summary>
<div class="scroll" role="region" tabindex="0" aria-label="Layers"><pre>${summary(network)}</pre></div></details>`,
  );
}

/** Nested settings as rows named by their path. */
function settings(value: object, path = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, entry]: [string, unknown]): [string, string][] => {
    const name = path + key;
    if (Array.isArray(entry)) return [[name, entry.join(', ')]];
    if (typeof entry === 'object' && entry !== null) return settings(entry, `${name}.`);
    return [[name, String(entry)]];
  });
}
