import type { AtelierEnvironment } from '@atelier/environment';
import type { Log } from '../command-log.ts';
import { minioProgram } from './minio-program.ts';
import { provideProgram } from './server-program.ts';
import { temporalProgram } from './temporal-program.ts';
import { provideTensorFlowAddon } from './tensorflow-addon.ts';

/** Paths of the programs of the local stack; absent where an external service takes its place. */
export interface Programs {
  temporal?: string;
  minio?: string;
}

/** Finds or fetches what the local stack runs; see `provideProgram` for the order. */
export async function provideProgramsFor(
  environment: AtelierEnvironment,
  log: Log,
): Promise<Programs> {
  const { path, binaries } = environment;
  const programs: Programs = {};
  // One after the other: each of their builds takes all cores.
  if (!environment.temporal) {
    const options = { explicit: binaries.temporal, path, log };
    programs.temporal = await provideProgram(temporalProgram(environment), options);
  }
  if (!environment.s3) {
    const options = { explicit: binaries.minio, path, log };
    programs.minio = await provideProgram(minioProgram(environment), options);
  }
  return programs;
}

/**
 * Makes everything that npm does not install: TensorFlow's library and addon, and the servers of
 * the local stack. Safe to interrupt and to run several times at once; quick when all is there.
 */
export async function provision(environment: AtelierEnvironment, log: Log): Promise<Programs> {
  await provideTensorFlowAddon(environment, log);
  return provideProgramsFor(environment, log);
}
