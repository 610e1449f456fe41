import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP } from 'node:net';
import { UserError } from '@atelier/errors';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { isLoopback, withoutBrackets } from './forms.ts';
import { withoutSecrets } from './without-secrets.ts';

/** The proxies of a network, by what goes through them. */
export interface Proxies {
  http?: HttpProxy;
  https?: HttpProxy;
  grpc?: HttpProxy;
  /** Hosts that are reached without one, as NO_PROXY has them. */
  exceptions: string[];
}

export interface HttpProxy {
  /** The environment variable that names it. */
  variable: string;
  address: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the proxies out of the environment by the common rules: lower case before upper, ALL_PROXY
 * for what has none of its own, http:// where no scheme is given. gRPC takes grpc_proxy, else that
 * of https, else that of http.
 */
export function readProxies(variables: Variables): Proxies {
  const first = (...names: string[]): HttpProxy | undefined => {
    const variable = names
      .flatMap((name) => [name, name.toUpperCase()])
      .find((name) => variables[name]);
    if (variable === undefined) return undefined;
    const text = variables[variable] as string;
    return { variable, address: /^[a-z0-9+.-]+:\/\//i.test(text) ? text : `http://${text}` };
  };
  const proxies = {
    http: first('http_proxy', 'all_proxy'),
    https: first('https_proxy', 'all_proxy'),
    grpc: first('grpc_proxy', 'https_proxy', 'http_proxy', 'all_proxy'),
  };
  const lists = ['no_proxy', 'no_grpc_proxy'].map(
    (name) => variables[name] || variables[name.toUpperCase()] || '',
  );
  return {
    ...(proxies.http && { http: proxies.http }),
    ...(proxies.https && { https: proxies.https }),
    ...(proxies.grpc && { grpc: proxies.grpc }),
    exceptions: lists
      .join(',')
      .split(/[\s,]+/)
      .filter(Boolean),
  };
}

/**
 * The proxy on the way to an address; undefined where there is none. This machine itself is never
 * reached through one.
 * @param url for gRPC `grpc://host:port`
 * @throws UserError for a proxy of another kind than HTTP
 */
export function proxyFor(url: URL, proxies: Proxies): HttpProxy | undefined {
  const { protocol, hostname } = url;
  const kind = protocol.slice(0, -1) as 'http' | 'https' | 'grpc';
  const proxy = proxies[kind];
  if (proxy === undefined || isLoopback(hostname)) return undefined;
  if (proxies.exceptions.some((exception) => isException(url, exception))) return undefined;
  if (URL.canParse(proxy.address) && /^https?:/i.test(proxy.address)) return proxy;
  throw new UserError({
    what: `The proxy on the way to ${hostname} cannot be used.`,
    where: proxy.variable,
    expected: 'an http:// or https:// address',
    found: withoutSecrets(proxy.address),
    remedy: `correct ${proxy.variable}, or name ${hostname} in NO_PROXY`,
  });
}

/** `*`, a host, a domain with all below it, either with a port, or a network such as 10.0.0.0/8. */
function isException({ hostname, port, protocol }: URL, exception: string): boolean {
  if (exception === '*') return true;
  const host = withoutBrackets(hostname).toLowerCase();
  const [, network, bits] = /^([0-9a-f.:]+)\/(\d+)$/i.exec(exception) ?? [];
  if (network !== undefined) return isWithin(host, network, Number(bits));
  const [, bracketed, plain, wantedPort] =
    /^(?:\[([^\]]+)\]|(.*?))(?::(\d+))?$/.exec(
      isIP(exception) === 6 ? `[${exception}]` : exception,
    ) ?? [];
  const usual = { 'http:': '80', 'https:': '443' }[protocol] ?? '';
  if (wantedPort !== undefined && wantedPort !== (port || usual)) return false;
  const name = (bracketed ?? plain ?? '').replace(/^\*?\./, '').toLowerCase();
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

function isWithin(host: string, network: string, bits: number): boolean {
  const version = isIP(network);
  if (version === 0 || isIP(host) !== version || bits > (version === 6 ? 128 : 32)) return false;
  const kind = version === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, bits, kind);
  return list.check(host, kind);
}

/** For people: which proxy it is, and who named it. */
export const describeProxy = ({ variable, address }: HttpProxy): string =>
  `the proxy ${withoutSecrets(address)} (${variable})`;

/**
 * A connection that nobody has used for so long is given up: servers do so as well, MinIO after half
 * a minute, and a request that meets the other end closing fails.
 */
const IDLE_MS = 10_000;

/**
 * Connections to an address, through the proxy on the way if there is one. Node's own agent might
 * take a proxy from the environment by rules of its own.
 */
export function agentFor(url: URL, proxy: HttpProxy | undefined): http.Agent {
  const secure = url.protocol === 'https:';
  const options = { keepAlive: true, timeout: IDLE_MS };
  if (proxy === undefined) return secure ? new https.Agent(options) : new http.Agent(options);
  return secure
    ? new HttpsProxyAgent(proxy.address, options)
    : new HttpProxyAgent(proxy.address, options);
}
