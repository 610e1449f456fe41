import { isIP } from 'node:net';
import { connect, type ConnectionOptions as TlsOptions } from 'node:tls';
import { certificateProblem, parseHostAndPort } from '@atelier/addresses';
import { UserError } from '@atelier/errors';
import type { TemporalService } from './temporal-service.ts';

const PROBE_MS = 3_000;

/** gRPC's statuses for credentials that are missing or wrong, and for those that may not do this. */
const refusals: Record<number, string> = { 16: 'UNAUTHENTICATED', 7: 'PERMISSION_DENIED' };

/**
 * What a person has to mend, where that is why Temporal was not reached. Of certificates gRPC says
 * only that connecting took too long, so another handshake is looked at.
 * @param error what connecting failed with
 */
export async function temporalRefusal(
  service: Omit<TemporalService, 'worker'>,
  error: unknown,
): Promise<UserError | undefined> {
  const { address } = service;
  const status = statusOf(error);
  if (status !== undefined)
    return new UserError(
      {
        what: 'Temporal refuses the credentials.',
        where: address,
        expected: 'an API key, or a certificate, that may use this namespace',
        found: `${refusals[status.code]}: ${status.details}`,
        remedy: 'correct TEMPORAL_API_KEY, the certificate or TEMPORAL_NAMESPACE',
      },
      { cause: error },
    );
  const failure = service.proxy ? undefined : await handshakeFailure(service);
  const problem = failure && certificateProblem(failure);
  if (failure === undefined || problem === undefined) return undefined;
  return new UserError(
    {
      what: `No trusted encrypted connection to Temporal: ${problem.what}.`,
      where: address,
      found: `${failure.code}: ${failure.reason ?? failure.message}`,
      remedy:
        'correct the TEMPORAL_TLS_… variables or the profile: TEMPORAL_TLS_SERVER_CA_CERT_PATH names the issuer of its certificate, TEMPORAL_TLS_CLIENT_CERT_PATH and …_KEY_PATH what this client shows',
    },
    { cause: error },
  );
}

/** The first refusal in a chain of causes. */
function statusOf(error: unknown): { code: number; details: string } | undefined {
  const {
    code,
    details = '',
    cause,
  } = error as { code?: number; details?: string; cause?: unknown };
  if (code !== undefined && code in refusals) return { code, details };
  return cause instanceof Error ? statusOf(cause) : undefined;
}

/** OpenSSL has a reason besides the message, which begins with numbers. */
type TlsFailure = NodeJS.ErrnoException & { reason?: string };

/** Why TLS to this address fails; undefined where it does not, or is not asked for. */
function handshakeFailure({
  address,
  client: { tls },
}: Pick<TemporalService, 'address' | 'client'>): Promise<TlsFailure | undefined> {
  const place = parseHostAndPort(address);
  if (!tls || place === undefined) return Promise.resolve(undefined);
  const { serverNameOverride, serverRootCACertificate, clientCertPair } = tls === true ? {} : tls;
  const servername = serverNameOverride ?? place.host;
  const options: TlsOptions = {
    ...{ host: place.host, port: place.port, ALPNProtocols: ['h2'] },
    // An address is no name that a server could be asked for.
    ...(isIP(servername) === 0 && { servername }),
    ...(serverRootCACertificate && { ca: Buffer.from(serverRootCACertificate) }),
    ...(clientCertPair && {
      cert: Buffer.from(clientCertPair.crt),
      key: Buffer.from(clientCertPair.key),
    }),
  };
  return new Promise((resolve) => {
    // A server that wants another certificate of its client says so after the handshake.
    const socket = connect(options).setTimeout(PROBE_MS).resume();
    socket.once('data', () => socket.destroy());
    socket.once('timeout', () => socket.destroy());
    socket.once('error', resolve);
    socket.once('close', () => resolve(undefined));
  });
}
