/**
 * Writes this package as others install it to dist/packages/graph, which `npm pack` takes as it is:
 * `npx nx run graph:build`. What the workspace imports are the sources; what is published is made of them.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { declarationsOf } from './declarations.ts';
import { type Manifest, publishedManifest } from './published-manifest.ts';

const source = join(import.meta.dirname, '..');
const workspace = join(source, '..', '..');

/** Where the package lies when it is built. */
export const published = join(workspace, 'dist', 'packages', 'graph');

/** Builds it anew. @throws Error where it would need a package that its package.json does not name */
export async function buildPackage(): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
  const entries = Object.values(manifest.exports).map((path) => join(source, path));
  rmSync(published, { recursive: true, force: true });
  mkdirSync(published, { recursive: true });
  writeFileSync(
    join(published, 'package.json'),
    `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`,
  );
  for (const name of ['README.md', 'docs'])
    cpSync(join(source, name), join(published, name), { recursive: true });
  cpSync(join(workspace, 'LICENSE'), join(published, 'LICENSE'));
  await bundle(entries, Object.keys(manifest.peerDependencies));
  for (const [name, text] of declarationsOf(entries, join(source, 'src'))) {
    const path = join(published, 'dist', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** JavaScript, with what the entries import of this workspace; what they share is in files of its own. */
async function bundle(entries: string[], peers: string[]): Promise<void> {
  await build({
    entryPoints: entries,
    absWorkingDir: workspace,
    outbase: join(source, 'src'),
    outdir: join(published, 'dist'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // A package that is neither a peer nor of this workspace would have to be installed.
    external: peers,
    plugins: [
      {
        name: 'nothing-else-is-needed',
        setup({ onResolve }) {
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
            const isKnown = kind === 'entry-point' || path.startsWith('@atelier/');
            if (isKnown || path.startsWith('node:') || peers.includes(path)) return undefined;
            return { errors: [{ text: `${path} is no peer dependency of this package` }] };
          });
        },
      },
    ],
    sourcemap: 'linked',
    logLevel: 'warning',
  });
}

if (import.meta.filename === process.argv[1]) await buildPackage();
