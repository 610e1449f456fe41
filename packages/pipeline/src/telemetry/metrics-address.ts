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
