import type { AtelierEnvironment } from '@atelier/environment';
import { allGuarded, type Check } from './check.ts';
import { checkFolder, checkPackages, checkPrerequisites, checkPrograms } from './check-machine.ts';
import { type Connections, checkServices } from './check-services.ts';
import { checkGpu, checkTensorFlow } from './check-tensorflow.ts';

/** A heading and what was looked at under it. */
export interface Section {
  title: string;
  checks: Check[];
}

/**
 * Looks at everything that Atelier needs, a section at a time. Changes nothing, starts nothing but
 * short-lived processes.
 */
export async function* runDoctor(
  environment: AtelierEnvironment,
  connections: Connections,
): AsyncGenerator<Section> {
  yield await look('This machine', checkPrerequisites);
  yield await look('Disk', async () => [
    await checkFolder('Cache', environment.cacheDirectory, 'XDG_CACHE_HOME'),
    await checkFolder('State', environment.home, 'ATELIER_HOME'),
  ]);
  yield await look('Installed', async () => [
    checkPackages(environment),
    ...(await checkPrograms(environment)),
  ]);
  yield await look('Computing', async () => [
    await checkTensorFlow(environment),
    await checkGpu(environment),
  ]);
  yield await look('Services', () => checkServices(environment, connections));
}

/** A heading under which something goes wrong does not keep the next ones from being looked at. */
async function look(title: string, checks: () => Promise<Check[]>): Promise<Section> {
  return { title, checks: await allGuarded(title, checks) };
}

const MARKS = { ok: '✓', warning: '!', failed: '✗' };

/** A section as text for a terminal. */
export function formatSection({ title, checks }: Section): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, status, found, remedy }) => [
    `  ${MARKS[status]} ${name.padEnd(width)}  ${found.replaceAll('\n', `\n${' '.repeat(width + 6)}`)}`,
    ...(remedy ? [`    ${' '.repeat(width)}  → ${remedy}`] : []),
  ]);
  return [title, ...lines].join('\n');
}
