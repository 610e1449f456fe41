import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type AtelierEnvironment, bootstrapSettings } from '@atelier/environment';
import { isInstalled } from '../../bootstrap/packages.mjs';
import { prerequisites } from '../../bootstrap/prerequisites.mjs';
import { freeBytes, gigabytes } from '../provision/need-space.ts';
import { type Check, failed, ok, warning } from './check.ts';

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
  try {
    await access(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    return failed(name, (error as Error).message, `Make it writable, or set ${mover}.`);
  }
  const free = await freeBytes(existing);
  const found = `${folder}, ${gigabytes(free)} free`;
  const remedy = `Free some space, or set ${mover} to a folder on another disk.`;
  if (free < TOO_LITTLE) return failed(name, found, remedy);
  return free < TIGHT ? warning(name, found, remedy) : ok(name, found);
}

const nearestFolder = (folder: string): string =>
  existsSync(folder) ? folder : nearestFolder(dirname(folder));
