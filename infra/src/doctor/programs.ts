import type { AtelierEnvironment } from '@atelier/environment';
import { silent } from '../log.ts';
import { tryCommand } from '../provision/command.ts';
import { minioProgram } from '../provision/minio-program.ts';
import { findProgram, type Program } from '../provision/program.ts';
import { temporalProgram } from '../provision/temporal-program.ts';
import { type Check, guarded, ok, warning } from './check.ts';

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
