import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonIfWhole } from './read-json.mjs';

/** @typedef {import('../../packages/environment/src/variables.mjs').BootstrapSettings} Settings */

/**
 * Where the cache keeps a program that was downloaded or built.
 * @param {string} cache
 * @param {string} name with its version, e.g. `temporal-1.8.2`
 * @returns {string}
 */
export const cachedProgram = (cache, name) =>
  join(cache, 'bin', `${name}-${process.platform}-${process.arch}`);

/**
 * Where a checkout notes what it was provisioned with; it goes when node_modules does.
 * @param {string} workspace
 * @returns {string}
 */
export const stampPath = (workspace) =>
  join(workspace, 'node_modules', '.atelier-provisioned.json');

/**
 * Changes with everything that decides what has to be provisioned.
 * @param {string} workspace
 * @param {Settings} settings
 * @returns {string}
 */
export function provisioningKey(workspace, { cacheDirectory, device, binaries, external }) {
  const infra = join(workspace, 'infra');
  const requirements = readdirSync(join(infra, 'requirements')).sort();
  const hash = createHash('sha256');
  for (const file of ['versions.json', ...requirements.map((name) => join('requirements', name))]) {
    hash.update(readFileSync(join(infra, file)));
  }
  const decisive = [
    process.versions.modules,
    process.arch,
    cacheDirectory,
    device,
    binaries,
    external,
  ];
  return hash.update(JSON.stringify(decisive)).digest('hex');
}

/**
 * Whether all that was provisioned for these inputs is still there.
 * @param {string} workspace
 * @param {Settings} settings
 * @returns {boolean}
 */
export function isProvisioned(workspace, settings) {
  const stamp = readJsonIfWhole(stampPath(workspace));
  if (stamp?.key !== provisioningKey(workspace, settings)) return false;
  return stamp.paths.every((/** @type {string} */ path) => existsSync(path));
}
