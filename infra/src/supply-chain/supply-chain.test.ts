import { readEnvironment } from '@atelier/environment';
import { expect, test } from 'vitest';
import versions from '../../versions.json' with { type: 'json' };
import { isAllowed, licencesPage } from './licences.ts';
import { makeSbom, purlOf, sbomSchema } from './sbom.ts';
import { lockedPackages } from './shipped-packages.ts';

const { workspace } = readEnvironment({});
const packages = lockedPackages(workspace);
const shipped = packages.filter(({ isDev }) => !isDev);

test('npm holds every package that it installs against a digest in the lockfile', () => {
  expect(shipped.length).toBeGreaterThan(100);
  const unpinned = packages.filter(({ integrity }) => !/^sha512-/.test(integrity ?? ''));
  expect(unpinned.map(({ name }) => name)).toEqual([]);
});

test('no package is shipped whose licence nobody has looked at', () => {
  const unknown = shipped.filter(({ licence }) => !isAllowed(licence ?? 'none stated'));
  expect(unknown.map(({ name, licence }) => `${name}: ${licence}`)).toEqual([]);
  for (const licence of ['GPL-3.0', 'MIT AND GPL-2.0', 'SEE LICENSE IN x', 'none stated', 'MITX'])
    expect(isAllowed(licence), licence).toBe(false);
  for (const licence of ['MIT', '(BSD-3-Clause AND Apache-2.0)', 'MIT OR Apache-2.0'])
    expect(isAllowed(licence), licence).toBe(true);
});

test('docs/licences.md is current (else: npx nx run infra:document-licences)', () => {
  const { committed, generated } = licencesPage(workspace);
  expect(committed).toBe(generated);
});

test('a bill of materials names what is shipped, each part with a digest, and no tool', async () => {
  const bom = await makeSbom(workspace);
  expect(sbomSchema.safeParse(JSON.parse(JSON.stringify(bom))).error).toBeUndefined();
  expect(bom.metadata.component.name).toBe('atelier');
  const parts = new Map(bom.components.map((part) => [part.purl, part]));
  for (const { name, version, integrity } of shipped) {
    const part = parts.get(purlOf({ name, version }));
    const digest = Buffer.from(integrity!.replace('sha512-', ''), 'base64').toString('hex');
    expect(part?.hashes ?? [], name).toContainEqual({ alg: 'SHA-512', content: digest });
  }
  const names = [...parts.keys()].join(' ');
  for (const tool of ['vitest', 'nx', '@biomejs/biome'])
    expect(names).not.toContain(purlOf({ name: tool, version: '' }));
  const refs = new Set([bom.metadata.component, ...bom.components].map((part) => part['bom-ref']));
  for (const { ref, dependsOn = [] } of bom.dependencies)
    for (const one of [ref, ...dependsOn]) expect(refs.has(one), one).toBe(true);
  const { temporal, minio } = versions;
  for (const content of [temporal.sha256['linux-amd64'], minio.sha256['linux-arm64']])
    expect(JSON.stringify(bom.components)).toContain(`{"alg":"SHA-256","content":"${content}"}`);
  expect(names).toContain('pkg:pypi/tensorflow-cpu@');
}, 30_000);
