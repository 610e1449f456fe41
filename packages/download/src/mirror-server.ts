import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the server answers for one file; the usual way where left out. */
interface Behaviour {
  /** Answer the first `times` requests with this status, every one by default. */
  status?: { code: number; times?: number };
  /** Send so many bytes of an answer, then go silent. */
  stallAfter?: number;
  /** Send so many bytes of an answer, then break the connection. */
  breakAfter?: number;
  /** Serve these bytes instead. */
  bytes?: Uint8Array;
  ranges?: boolean;
  /** Begin so many bytes after the offset asked for. */
  skip?: number;
  /** Without a Content-Length. */
  chunked?: boolean;
  headers?: Record<string, string>;
  /** Names its version by this, and answers 304 to whoever knows it. */
  etag?: string;
  redirect?: string;
  /** Milliseconds between pieces of 4 KiB. */
  pace?: number;
}

interface Seen {
  file: string;
  range: string | undefined;
  query: string | undefined;
  /** Of the answer, once it is given. */
  status?: number;
}

/** A real HTTP server on 127.0.0.1 that serves files from memory, well or badly. */
export interface MirrorServer {
  url: string;
  seen: Seen[];
  behave(file: string, behaviour: Behaviour): void;
  stop(): Promise<void>;
}

export async function startMirror(files: Record<string, Uint8Array>): Promise<MirrorServer> {
  const behaviours = new Map<string, Behaviour>();
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const [path, query] = (request.url ?? '').split('?');
    const file = path!.split('/').at(-1)!;
    const entry: Seen = { file, range: request.headers.range, query };
    seen.push(entry);
    response.once('close', () => {
      entry.status = response.statusCode;
    });
    const count = seen.filter((s) => s.file === file).length;
    void answer(request, response, files[file], behaviours.get(file) ?? {}, count);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data`,
    seen,
    behave: (file, behaviour) => behaviours.set(file, behaviour),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  file: Uint8Array | undefined,
  behaviour: Behaviour,
  count: number,
): Promise<void> {
  const { status, redirect, ranges = true, chunked = false, headers = {}, etag, pace } = behaviour;
  if (status !== undefined && count <= (status.times ?? Number.POSITIVE_INFINITY)) {
    response.writeHead(status.code).end('no');
    return;
  }
  if (redirect !== undefined) {
    response.writeHead(302, { location: redirect }).end();
    return;
  }
  if (etag !== undefined) {
    response.setHeader('etag', etag);
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304).end();
      return;
    }
  }
  const bytes = behaviour.bytes ?? file;
  if (bytes === undefined) {
    response.writeHead(404).end('not found');
    return;
  }
  const asked = ranges ? /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] : undefined;
  const start = Number(asked ?? 0) + (asked === undefined ? 0 : (behaviour.skip ?? 0));
  if (start >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  const body = bytes.subarray(start);
  if (!chunked) response.setHeader('content-length', body.length);
  if (asked !== undefined)
    response.setHeader('content-range', `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
  response.writeHead(asked === undefined ? 200 : 206, headers);
  const end = behaviour.stallAfter ?? behaviour.breakAfter ?? body.length;
  for (let sent = 0; sent < end; sent += 4096) {
    if (pace !== undefined) await new Promise((resolve) => setTimeout(resolve, pace));
    response.write(body.subarray(sent, Math.min(sent + 4096, end)));
  }
  if (behaviour.stallAfter !== undefined) return;
  if (behaviour.breakAfter === undefined) response.end();
  // What was written must leave the socket first.
  else setTimeout(() => response.destroy(), 50);
}
