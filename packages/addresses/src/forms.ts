import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/**
 * What keeps a text from being the address of an HTTP service, and so of S3: a scheme, a host and
 * a port at most. What is accepted is used whole, so nothing else may stand in it.
 * @returns undefined for an address that can be used
 */
export function endpointProblem(text: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return 'it does not begin with http:// or https://';
  if (!URL.canParse(text)) return 'it is no address';
  const { protocol, username, password, pathname, search, hash, hostname, port } = new URL(text);
  if (!/^https?:$/.test(protocol)) return `its scheme is ${protocol}//, not http:// or https://`;
  if (username || password) return 'a user or password stands in it; credentials are set apart';
  if (pathname !== '/') return 'a path stands in it, which S3 clients cannot use';
  if (search || text.includes('?')) return 'a query stands in it';
  if (hash || text.includes('#')) return 'a fragment (#) stands in it';
  if (!hostname.startsWith('[') && !isHostName(hostname))
    return `its host ${hostname} is neither a name of letters, digits, dots, dashes and underscores nor an IP address`;
  // The S3 client leaves the brackets out of the header Host where the port is the usual one.
  if (hostname.startsWith('[') && port === '')
    return `an IPv6 address needs a port beside it, other than ${protocol === 'http:' ? 80 : 443}`;
  return undefined;
}

/** The address of an HTTP service, as {@link endpointProblem} wants it. */
export const endpointSchema = z.string().check((context) => {
  const problem = endpointProblem(context.value);
  if (problem === undefined) return;
  const message = `an http:// or https:// address of host and port alone (${problem})`;
  context.issues.push({ code: 'custom', message, input: context.value });
});

/** A URL takes more characters than names of hosts have, and S3 clients less than a URL. */
const isHostName = (host: string): boolean =>
  /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?$/i.test(host) && host.length <= 255;

/** An address without a scheme, as gRPC has it. */
export interface HostAndPort {
  /** Without the brackets of an IPv6 address. */
  host: string;
  port: number;
}

/** Reads `host:port`, `127.0.0.1:7233` or `[::1]:7233`; undefined where it is none. */
export function parseHostAndPort(text: string): HostAndPort | undefined {
  const [, ipv6, name, digits] =
    /^(?:\[([0-9a-f:.]+)\]|([^\s/:@?#[\]]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  if (ipv6 !== undefined && isIP(ipv6) !== 6) return undefined;
  return { host, port };
}

/** As a URL has it: `127.0.0.1:7233`, `[::1]:7233`. */
export const hostAndPortText = ({ host, port }: HostAndPort): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** A URL's hostname without the brackets of an IPv6 address. */
export const withoutBrackets = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Addresses that mean another machine to everybody: this one, and its neighbours on the wire. */
export type AddressKind = 'loopback' | 'link-local';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');
// Whoever connects to "any address" reaches this machine.
loopback.addSubnet('0.0.0.0', 8);
loopback.addAddress('::', 'ipv6');

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16);
linkLocal.addSubnet('fe80::', 10, 'ipv6');

/** Whether who listens there is reached from this machine alone; "any address" is all of them. */
export const isLoopbackOnly = (host: string): boolean =>
  addressKind(host) === 'loopback' && !['0.0.0.0', '::'].includes(withoutBrackets(host));

/** What kind of host that is, as a URL's hostname or without its brackets; of most, undefined. */
export function addressKind(hostname: string): AddressKind | undefined {
  const host = withoutBrackets(hostname);
  const version = isIP(host);
  if (version === 0) return /^(.*\.)?localhost\.?$/i.test(host) ? 'loopback' : undefined;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  // A zone (fe80::1%eth0) is no part of the address.
  const address = host.replace(/%.*$/, '');
  if (loopback.check(address, family)) return 'loopback';
  return linkLocal.check(address, family) ? 'link-local' : undefined;
}

export const isLoopback = (hostname: string): boolean => addressKind(hostname) === 'loopback';
