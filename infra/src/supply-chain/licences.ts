import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { type LockedPackage, lockedPackages } from './shipped-packages.ts';

/**
 * What a licence may be without anybody looking into it: all allow using, changing and passing on,
 * and ask for a notice at most. CC-BY-4.0 is caniuse-lite's, which is data. LGPL-3.0-or-later is that
 * of libvips, which sharp loads: a shared library in a package of its own, unmodified, in whose place
 * anybody may put another.
 */
const allowed = new Set([
  ...['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0'],
  ...['Unlicense', 'CC0-1.0', 'CC-BY-4.0', 'LGPL-3.0-or-later'],
]);

/** Whether every licence of an SPDX expression is known to be no trouble. */
export const isAllowed = (expression: string): boolean =>
  expression.split(/[\s()]+|\bAND\b|\bOR\b/).every((id) => id === '' || allowed.has(id));

/** What runs beside Atelier, or under it, and is no npm package. */
const provisioned = [
  ['libtensorflow, from the wheel of TensorFlow', 'Apache-2.0', 'linked by tfjs-node'],
  ["NVIDIA's CUDA libraries", "NVIDIA's own agreements", 'fetched on machines with a GPU alone'],
  ["Temporal's command line and development server", 'MIT', 'a program of its own'],
  ['MinIO', 'AGPL-3.0', 'a program of its own, unmodified; any S3 service takes its place'],
];

/** docs/licences.md as it lies there, and as it follows from package-lock.json. */
export function licencesPage(workspace: string): { committed: string; generated: string } {
  const path = join(workspace, 'docs', 'licences.md');
  const page = `# Licences

Atelier itself is under the MIT licence. This page names what an installation for production has
besides; \`npx nx run infra:document-licences\` writes it from package-lock.json. Nothing of it is
copied into this repository: npm, pip and the downloads bring it, each with its licence's text.

## Packages

${byLicence(lockedPackages(workspace))}
## Provisioned

| what | licence | how it is used |
| --- | --- | --- |
${provisioned.map((cells) => `| ${cells.join(' | ')} |\n`).join('')}`;
  return { committed: readFileSync(path, 'utf8'), generated: page };
}

/** A list for each licence; versions are package-lock.json's matter. */
function byLicence(packages: readonly LockedPackage[]): string {
  const names = new Map<string, Set<string>>();
  for (const { name, licence = 'none stated', isDev } of packages)
    if (!isDev) names.set(licence, (names.get(licence) ?? new Set()).add(name));
  return [...names]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([licence, of]) => `**${licence}** (${of.size}): ${[...of].sort().join(', ')}\n\n`)
    .join('');
}

// As a program: `npx nx run infra:document-licences`.
if (import.meta.filename === process.argv[1]) {
  const { workspace } = readEnvironment();
  writeFileSync(join(workspace, 'docs', 'licences.md'), licencesPage(workspace).generated);
}
