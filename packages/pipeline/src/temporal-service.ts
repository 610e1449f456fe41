import type { AtelierEnvironment, ServiceAddresses } from '@atelier/environment';
import { WorldError } from '@atelier/errors';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';

export interface TemporalService extends ClientConnectConfig {
  namespace: string;
  /** For people. */
  address: string;
}

/**
 * How to reach Temporal: as the SDK's own environment configuration says (address, namespace, API
 * key, TLS, profiles), or the local stack.
 */
export function temporalService(
  environment: AtelierEnvironment,
  state?: ServiceAddresses,
): TemporalService {
  if (environment.temporal === undefined && state !== undefined) {
    const { address, namespace } = state.temporal;
    return { address, namespace, connectionOptions: { address } };
  }
  // The SDK cannot read an empty file, which is how "no file" is said to a worker.
  const disableFile = environment.temporal?.configFile === '/dev/null';
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({ disableFile });
  const { address = 'localhost:7233' } = connectionOptions;
  return { address, namespace, connectionOptions };
}

/** Temporal's connection failures in our own words. */
export function temporalUnreachable(address: string, error: unknown): WorldError {
  return new WorldError(
    {
      what: 'Temporal does not answer.',
      where: address,
      found: (error as Error).message.split('\n')[0] ?? 'no reason given',
      remedy: 'check that it runs and that address, namespace, TLS and API key are right',
    },
    { cause: error },
  );
}
