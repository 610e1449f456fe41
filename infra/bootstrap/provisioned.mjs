import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './cache-directory.mjs';
import { readJsonIfWhole } from './read-json.mjs';

/** Where a checkout notes what it was provisioned with; it goes when node_modules does. */
export const stampPath = (workspace) =>
  join(workspace, 'node_modules', '.atelier-provisioned.json');

/**
 * Changes with everything that decides what has to be provisioned.
 * @param {string} workspace
 * @param {Record<string, string | undefined>} variables
 * @returns {string}
 */
export function provisioningKey(workspace, variables) {
  const infra = join(workspace, 'infra');
  const requirements = readdirSync(join(infra, 'requirements')).sort();
  const hash = createHash('sha256');
  for (const file of ['versions.json', ...requirements.map((name) => join('requirements', name))]) {
    hash.update(readFileSync(join(infra, file)));
  }
  const decisive = [
    process.versions.modules,
    process.arch,
    cacheDirectory(variables),
    variables.ATELIER_DEVICE,
    variables.ATELIER_TEMPORAL_BINARY,
    variables.ATELIER_MINIO_BINARY,
    variables.ATELIER_S3_ENDPOINT,
    variables.TEMPORAL_ADDRESS,
    variables.TEMPORAL_PROFILE,
    variables.TEMPORAL_CONFIG_FILE,
  ];
  return hash.update(JSON.stringify(decisive)).digest('hex');
}

/**
 * Whether all that was provisioned for these inputs is still there.
 * @param {string} workspace
 * @param {Record<string, string | undefined>} variables
 * @returns {boolean}
 */
export function isProvisioned(workspace, variables) {
  const stamp = readJsonIfWhole(stampPath(workspace));
  if (stamp?.key !== provisioningKey(workspace, variables)) return false;
  return stamp.paths.every((path) => existsSync(path));
}
