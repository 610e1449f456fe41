import type { AtelierEnvironment } from '@atelier/environment';
import type { Log } from '../log.ts';
import { type Programs, provideProgramsFor } from './programs.ts';
import { provideTensorFlowAddon } from './tensorflow.ts';

/**
 * Makes everything that npm does not install: TensorFlow's library and addon, and the servers of
 * the local stack. Safe to interrupt and to run several times at once; quick when all is there.
 */
export async function provision(environment: AtelierEnvironment, log: Log): Promise<Programs> {
  await provideTensorFlowAddon(environment, log);
  return provideProgramsFor(environment, log);
}
