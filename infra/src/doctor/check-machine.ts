import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type AtelierEnvironment, bootstrapSettings } from '@atelier/environment';
import { whyUnwritable } from '@atelier/files';
import { isInstalled } from '../../bootstrap/packages.mjs';
import { prerequisites } from '../../bootstrap/prerequisites.mjs';
import { silent } from '../command-log.ts';
import { minioProgram } from '../provision/minio-program.ts';
import { freeBytes, gigabytes } from '../provision/need-space.ts';
import { tryCommand } from '../provision/run-command.ts';
import { findProgram, type Program } from '../provision/server-program.ts';
import { temporalProgram } from '../provision/temporal-program.ts';
import { type Check, failed, guarded, ok, warning } from './check.ts';

/** What has to be on the machine before Atelier. */
export async function checkPrerequisites(): Promise<Check[]> {
  const found = await prerequisites(bootstrapSettings());
  return found.map((prerequisite) =>
    prerequisite.found
      ? ok(prerequisite.name, prerequisite.found)
      : failed(prerequisite.name, `missing; ${prerequisite.why}`, prerequisite.remedy),
  );
}

export function checkPackages({ workspace }: AtelierEnvironment): Check {
  return isInstalled(workspace)
    ? ok('Packages', 'as package-lock.json names them')
    : warning('Packages', 'not those of package-lock.json', 'npm ci --ignore-scripts');
}

const TIGHT = 5e9;
const TOO_LITTLE = 1e9;

/** Room and permission in a folder that Atelier writes to, or will make. */
export async function checkFolder(name: string, folder: string, mover: string): Promise<Check> {
  const existing = nearestFolder(folder);
  const refusal = await whyUnwritable(existing);
  if (refusal) return failed(name, refusal.message, `Make it writable, or set ${mover}.`);
  const free = await freeBytes(existing);
  const found = `${folder}, ${gigabytes(free)} free`;
  const remedy = `Free some space, or set ${mover} to a folder on another disk.`;
  if (free < TOO_LITTLE) return failed(name, found, remedy);
  return free < TIGHT ? warning(name, found, remedy) : ok(name, found);
}

const nearestFolder = (folder: string): string =>
  existsSync(folder) ? folder : nearestFolder(dirname(folder));

/** The programs of the local stack, where it is not configured away. */
export async function checkPrograms(environment: AtelierEnvironment): Promise<Check[]> {
  const { binaries, temporal, s3 } = environment;
  return Promise.all([
    temporal
      ? ok('Temporal program', 'not needed: the service is external')
      : checkProgram(environment, temporalProgram(environment), binaries.temporal),
    s3
      ? ok('MinIO program', 'not needed: the service is external')
      : checkProgram(environment, minioProgram(environment), binaries.minio),
  ]);
}

function checkProgram(
  { path }: AtelierEnvironment,
  program: Program,
  explicit: string | undefined,
): Promise<Check> {
  const name = `${program.title} program`;
  return guarded(name, async () => {
    const found = await findProgram(program, { explicit, path, log: silent });
    if (found === undefined) {
      return warning(name, 'not there yet', 'npx nx run infra:provision fetches it');
    }
    const version = (await tryCommand(found, ['--version']))?.split('\n')[0];
    return version === undefined
      ? warning(name, `${found} does not start`, `Remove ${found} and provision again.`)
      : ok(name, `${version} (${found})`);
  });
}
