import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HostAndPort, hostAndPortText, isLoopbackOnly } from '@atelier/addresses';
import type { OpenMetrics } from './metrics.ts';

export interface MetricsServer {
  /** Resolves once it listens, or is closed. */
  listening: Promise<void>;
  close(): void;
}

interface ServedMetrics extends Pick<OpenMetrics, 'contentType' | 'text'> {
  /** Called whenever somebody asks, and not waited for. */
  onAsked(): void;
  /** Told once why the address cannot be had, which is tried again. */
  onTaken(error: Error): void;
}

/** Milliseconds between two tries: the process that had the address before may be ending. */
const pause = 2_000;

/**
 * Serves metrics to Prometheus at `http://<address>/metrics`. It never ends its process: an address
 * that is taken is waited for.
 */
export function serveMetrics(address: HostAndPort, served: ServedMetrics): MetricsServer {
  const closed = new AbortController();
  const server = createServer((asked, answer) => {
    const refusal = refusalOf(asked, address);
    if (refusal !== undefined) {
      const [status, text] = refusal;
      answer.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
      return;
    }
    served.onAsked();
    served.text().then(
      (text) => {
        const type = { 'content-type': served.contentType, 'cache-control': 'no-store' };
        answer.writeHead(200, { ...type, 'x-content-type-options': 'nosniff' });
        answer.end(asked.method === 'HEAD' ? '' : text);
      },
      (error: Error) => answer.writeHead(500).end(`${error.message}\n`),
    );
  });
  // Who asks for metrics sends a line and gets an answer at once.
  server.requestTimeout = 10_000;
  server.maxConnections = 64;

  async function listen(): Promise<void> {
    for (let tries = 0; !closed.signal.aborted; tries++) {
      try {
        server.listen(address.port, address.host);
        await once(server, 'listening', { signal: closed.signal });
        // What goes wrong later is one connection's matter.
        server.on('error', () => {});
        return;
      } catch (error) {
        if (closed.signal.aborted) return;
        if (tries === 0) served.onTaken(error as Error);
        await sleep(pause, undefined, { signal: closed.signal, ref: false }).catch(() => {});
      }
    }
  }

  return {
    listening: listen(),
    close() {
      closed.abort();
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * What keeps pages in a browser out: they send an Origin or a mark of their site, and reach this
 * machine by a name of their own. An address that other machines reach has names that nobody here
 * knows.
 */
function refusalOf(
  { method, url = '', headers }: IncomingMessage,
  { host, port }: HostAndPort,
): readonly [number, string] | undefined {
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== undefined && site !== 'none'))
    return [403, 'Pages get no metrics.'];
  if (isLoopbackOnly(host) && !ownNames(host, port).includes(headers.host ?? ''))
    return [403, 'This is not an address of these metrics.'];
  if (method !== 'GET' && method !== 'HEAD') return [405, 'Metrics are only read.'];
  if (url.replace(/[?].*$/, '') !== '/metrics') return [404, 'The metrics are at /metrics.'];
  return undefined;
}

const ownNames = (host: string, port: number): string[] =>
  [host, '127.0.0.1', 'localhost', '::1'].map((name) => hostAndPortText({ host: name, port }));
