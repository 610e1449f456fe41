import { type HostAndPort, parseHostAndPort } from '@atelier/addresses';
import { UserError } from '@atelier/errors';

/**
 * Where metrics are served, from what a person wrote.
 * @throws UserError for what is no address
 */
export function metricsAddress(text: string | undefined): HostAndPort | undefined {
  if (text === undefined) return undefined;
  const address = parseHostAndPort(text);
  if (address !== undefined) return address;
  throw new UserError({
    what: 'Metrics cannot be served there.',
    where: '--metrics',
    expected: 'host:port, for example 127.0.0.1:9464',
    found: JSON.stringify(text),
  });
}

/**
 * The port of this machine at which the local stack shall serve them, or that it shall not.
 * @throws UserError for another machine's address: the stack is open to this one alone
 */
export function localMetricsPort(text: string | undefined): number | 'off' | undefined {
  if (text === undefined || text === 'off') return text;
  const { host, port } = metricsAddress(text)!;
  if (host === '127.0.0.1' || host === 'localhost') return port;
  throw new UserError({
    what: "The local stack's metrics are for this machine alone.",
    where: '--metrics',
    expected: '127.0.0.1:port, or off',
    found: JSON.stringify(text),
    remedy: 'serve others by `npx atelier worker --metrics HOST:PORT`',
  });
}
