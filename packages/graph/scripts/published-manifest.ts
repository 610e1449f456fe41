/** The parts of package.json that the published one is made of. */
export interface Manifest {
  name: string;
  version: string;
  license: string;
  type: string;
  description: string;
  keywords: string[];
  engines: Record<string, string>;
  /** Entry points by the sources that they are made of. */
  exports: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
}

/** package.json as it is published: built files in place of sources, and nothing of this workspace. */
export function publishedManifest(manifest: Manifest): object {
  const { name, version, license, type, description, keywords, engines } = manifest;
  const { exports, peerDependencies, peerDependenciesMeta } = manifest;
  const built = Object.entries(exports).map(([entry, path]) => {
    const file = path.replace(/^\.\/src\/(.*)\.ts$/, './dist/$1');
    return [entry, { types: `${file}.d.ts`, default: `${file}.js` }] as const;
  });
  return {
    ...{ name, version, license, type, description, keywords, engines },
    exports: { ...Object.fromEntries(built), './package.json': './package.json' },
    ...{ peerDependencies, peerDependenciesMeta },
  };
}
