import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Exchange, forward } from './forward.ts';

/** How far a request to the store has come. */
type Phase =
  /** Read whole and not yet passed on. */
  | 'arrived'
  /** Half of its body is passed on. */
  | 'half'
  /** The client has its answer. */
  | 'answered';

export interface StorageEvent {
  phase: Phase;
  method: string;
  /** The object's key; empty where the request is not about one object, see also `receiverKey`. */
  key: string;
  /** What a listing is of, where the request is for one. */
  prefix?: string;
  /** An answer's. */
  status?: number;
}

/** In the place of a key: a message that has come to whoever is told of runs. */
export const receiverKey = '(receiver)';

/** How the store fails, as the worker sees it. */
export type StorageFault = 'unavailable' | 'reset' | 'truncated' | 'unanswered';

export interface StorageProxy {
  /** What the worker uses in the place of the store's own address. */
  readonly endpoint: string;
  /** Told of every request at every phase, and awaited before the request goes on. */
  watch: ((event: StorageEvent) => Promise<void> | void) | undefined;
  /** Lets every request fail like this for so long; resolves to how many did. */
  failFor(fault: StorageFault, milliseconds: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * Stands between the worker and the store and sees every request, so that a moment of a run is met
 * exactly and without a hook in the code under test. Requests are passed on as they are, the Host
 * that their signature covers included.
 * @param target the store's address at this moment
 */
export async function openStorageProxy(
  target: () => string,
  bucket: string,
): Promise<StorageProxy> {
  let fault: StorageFault | undefined;
  let failures = 0;

  async function serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = incoming;
    const key = keyOf(url, bucket);
    const prefix = new URLSearchParams(url.split('?')[1]).get('prefix');
    const about = { method, key, ...(prefix !== null && { prefix }) };
    const body = Buffer.concat(await incoming.toArray());
    const tell = async (phase: Phase, status?: number): Promise<void> => {
      await proxy.watch?.({ phase, ...about, ...(status !== undefined && { status }) });
      if (phase !== 'answered' && incoming.socket.destroyed) throw new Error('the client is gone');
    };
    await tell('arrived');
    if (fault !== undefined) failures += 1;
    if (fault === 'unavailable') return void answer.writeHead(503).end(busy);
    if (fault === 'reset') return void incoming.socket.resetAndDestroy();
    const outgoing = request(target() + url, {
      method,
      headers: incoming.headers,
      setHost: false,
      agent: false,
    });
    // A client that is killed takes its request with it.
    answer.once('close', () => outgoing.destroy());
    const exchange: Exchange = { outgoing, body, answer, halfWay: () => tell('half') };
    const status = await forward(exchange, fault);
    if (status !== undefined) await tell('answered', status);
  }

  const server = createServer((incoming, answer) => {
    // Whatever goes wrong on the other side is a broken connection on this one.
    serve(incoming, answer).catch(() => incoming.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy: StorageProxy = {
    endpoint: `http://127.0.0.1:${port}`,
    watch: undefined,
    async failFor(kind, milliseconds) {
      fault = kind;
      failures = 0;
      await sleep(milliseconds);
      fault = undefined;
      return failures;
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return proxy;
}

const busy = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`;

function keyOf(url: string, bucket: string): string {
  const path = decodeURIComponent(url.split('?')[0]!);
  return path.startsWith(`/${bucket}/`) ? path.slice(bucket.length + 2) : '';
}
