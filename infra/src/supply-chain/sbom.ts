import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toolVariables } from '@atelier/environment';
import { z } from 'zod';
import versions from '../../versions.json' with { type: 'json' };
import { type LockedPackage, lockedPackages } from './shipped-packages.ts';

const componentSchema = z.looseObject({
  'bom-ref': z.string().optional(),
  type: z.string(),
  name: z.string().min(1),
  version: z.string().min(1),
  purl: z.string().startsWith('pkg:'),
  hashes: z.array(z.object({ alg: z.string(), content: z.string() })).optional(),
  properties: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
});

/** The fields of a CycloneDX bill of materials that every reader of one needs. */
export const sbomSchema = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string().regex(/^1[.]\d+$/),
  serialNumber: z.string().startsWith('urn:uuid:'),
  version: z.int().positive(),
  metadata: z.looseObject({ component: componentSchema }),
  components: z.array(componentSchema).min(1),
  dependencies: z.array(
    z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).optional() }),
  ),
});

export type Sbom = z.infer<typeof sbomSchema>;

/**
 * A bill of materials of an installation for production, in the form of CycloneDX: npm's own of the
 * packages, and the programs and libraries that are provisioned besides, each with its digest.
 */
export async function makeSbom(workspace: string): Promise<Sbom> {
  const npm = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const options = { cwd: workspace, env: toolVariables({}), maxBuffer: 64 * 1024 ** 2 };
  const { stdout } = await promisify(execFile)('npm', npm, options);
  const bom = sbomSchema.parse(JSON.parse(stdout));
  // npm names the whole after its folder, which everybody calls as they like.
  bom.metadata.component.name = 'atelier';
  // `--omit dev` would leave out 191 packages of production that some tool needs as well.
  const shipped = new Set(lockedPackages(workspace).flatMap((it) => (it.isDev ? [] : purlOf(it))));
  const components = bom.components.filter((part) => shipped.has(part.purl) || isOurs(part));
  const kept = new Set([bom.metadata.component, ...components].map((part) => part['bom-ref']));
  const dependencies = bom.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ dependsOn = [], ...of }) => ({
      ...of,
      dependsOn: dependsOn.filter((it) => kept.has(it)),
    }));
  return { ...bom, components: [...components, ...provisioned(workspace)], dependencies };
}

/** Another package of this repository. */
const isOurs = ({ properties = [] }: Component): boolean =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:private' && value === 'true');

/** How npm names a package of a registry (https://github.com/package-url/purl-spec). */
export const purlOf = ({ name, version }: Pick<LockedPackage, 'name' | 'version'>): string =>
  `pkg:npm/${name.replace('@', '%40')}@${version}`;

type Component = z.infer<typeof componentSchema>;

function provisioned(workspace: string): Component[] {
  const { temporal, minio } = versions;
  const program = (name: string, version: string, id: string, sha256: Record<string, string>) =>
    Object.entries(sha256).map(([platform, content]) => ({
      type: 'application',
      name: `${name} (${platform})`,
      version,
      purl: `pkg:github/${id}@${encodeURIComponent(version)}`,
      hashes: [{ alg: 'SHA-256', content }],
    }));
  return [
    ...program('temporal', `v${temporal.version}`, 'temporalio/cli', temporal.sha256),
    ...program('minio', minio.release, 'minio/minio', minio.sha256),
    ...['cpu-linux-x64', 'cpu-linux-arm64', 'gpu-linux-x64'].flatMap((variant) =>
      wheels(join(workspace, 'infra', 'requirements', `tensorflow-${variant}.txt`), variant),
    ),
  ];
}

/** The wheels that pip is told to fetch, with the hashes that it holds them against. */
function wheels(path: string, variant: string): Component[] {
  const lines = readFileSync(path, 'utf8').matchAll(/^([\w-]+)==(\S+) --hash=sha256:(\w{64})$/gm);
  return [...lines].map(([, name, version, content]) => ({
    type: 'library',
    name: `${name} (${variant})`,
    version: version!,
    purl: `pkg:pypi/${name}@${version}`,
    hashes: [{ alg: 'SHA-256', content: content! }],
  }));
}
