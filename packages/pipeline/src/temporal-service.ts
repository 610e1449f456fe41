import {
  describeProxy,
  type HttpProxy,
  parseHostAndPort,
  proxyFor,
  withoutSecrets,
} from '@atelier/addresses';
import type { AtelierEnvironment, ServiceAddresses } from '@atelier/environment';
import { UserError, WorldError } from '@atelier/errors';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { temporalRefusal } from './temporal-refusal.ts';

/** Where Temporal is and how it is reached. */
export interface TemporalService {
  /** For people. */
  address: string;
  namespace: string;
  /** On the way to it. */
  proxy?: HttpProxy;
  /** As a client connects. */
  client: ConnectionOptions;
  /** As a worker connects, whose library takes a proxy in another form. */
  worker: NativeConnectionOptions;
}

/**
 * How to reach Temporal: as the SDK's own environment configuration says (address, namespace, API
 * key, TLS, profiles), or the local stack.
 */
export function temporalService(
  environment: AtelierEnvironment,
  addresses?: ServiceAddresses,
): TemporalService {
  if (environment.temporal === undefined && addresses !== undefined) {
    const { address, namespace } = addresses.temporal;
    return { namespace, ...reached(address, {}, environment) };
  }
  // The SDK cannot read an empty file, which is how "no file" is said to a worker.
  const disableFile = environment.temporal?.configFile === '/dev/null';
  // As it was read: an empty variable counts as unset, where the SDK would open a file of no name.
  const overrideEnvVars = environment.forwarded;
  const loaded = loadClientConnectConfig({ disableFile, overrideEnvVars });
  const { connectionOptions, namespace = 'default' } = loaded;
  const { address = 'localhost:7233', ...options } = connectionOptions;
  return { namespace, ...reached(address, options, environment) };
}

type Reached = Omit<TemporalService, 'namespace'>;

/** gRPC's client would take a proxy by itself, for loopback too and from lower-case variables only. */
function reached(
  address: string,
  options: Omit<NativeConnectionOptions, 'address'>,
  { proxies }: AtelierEnvironment,
): Reached {
  const proxy = parseHostAndPort(address) && proxyFor(new URL(`grpc://${address}`), proxies);
  if (proxy === undefined) {
    const channelArgs = { 'grpc.enable_http_proxy': 0 };
    return {
      address,
      client: { ...options, address, channelArgs },
      worker: { ...options, address },
    };
  }
  const { protocol, host, hostname, port, username, password } = new URL(proxy.address);
  if (protocol !== 'http:')
    throw new UserError({
      what: 'Temporal cannot be reached through this proxy.',
      where: proxy.variable,
      expected: 'an http:// address, which gRPC takes alone',
      found: withoutSecrets(proxy.address),
      remedy: 'name another one in grpc_proxy, or the host of Temporal in NO_PROXY',
    });
  const target = port === '' ? `${hostname}:80` : host;
  const [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
  return {
    address,
    proxy,
    client: {
      ...options,
      address: target,
      channelArgs: {
        'grpc.enable_http_proxy': 0,
        'grpc.http_connect_target': `dns:${address}`,
        'grpc.default_authority': address,
        ...(user && { 'grpc.http_connect_creds': `${user}:${secret}` }),
      },
    },
    worker: {
      ...options,
      address,
      proxy: {
        type: 'http-connect',
        targetHost: target,
        ...(user && { basicAuth: { username: user, password: secret } }),
      },
    },
  };
}

/** @throws UserError where it refuses certificate or key; WorldError where it does not answer */
export async function connectToTemporal({
  client,
  ...service
}: TemporalService): Promise<Connection> {
  return Connection.connect({ ...client, connectTimeout: '5s' }).catch(async (error) => {
    const refusal = await temporalRefusal({ client, ...service }, error);
    throw refusal ?? temporalUnreachable(service, error);
  });
}

/** Temporal's connection failures in our own words. */
export function temporalUnreachable(
  { address, proxy }: Pick<TemporalService, 'address' | 'proxy'>,
  error: unknown,
): WorldError {
  const settings = 'address, namespace, TLS and API key are right';
  return new WorldError(
    {
      what: 'Temporal does not answer.',
      where: proxy ? `${address}, through ${describeProxy(proxy)}` : address,
      found: (error as Error).message.split('\n')[0] ?? 'no reason given',
      remedy: proxy
        ? `check that it runs, that ${settings}, and that ${proxy.variable} is; hosts in NO_PROXY are reached without a proxy`
        : `check that it runs and that ${settings}`,
    },
    { cause: error },
  );
}
