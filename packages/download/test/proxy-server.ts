import { once } from 'node:events';
import http, { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** A real HTTP proxy on 127.0.0.1. It leads every host to `target`, so that tests need no names. */
export interface ProxyServer {
  url: string;
  /** What was asked of it: 'GET http://…' or 'CONNECT host:port'. */
  seen: string[];
  stop(): Promise<void>;
}

/** @param refuse the status by which it refuses everything */
export async function startProxy(target: string, refuse?: number): Promise<ProxyServer> {
  const seen: string[] = [];
  const { hostname, port } = new URL(target);
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (refuse !== undefined) return response.writeHead(refuse).end();
    const { pathname, search } = new URL(request.url!);
    const onward = http.get(
      { hostname, port, path: pathname + search, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
  });
  server.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    if (refuse !== undefined) return socket.end(`HTTP/1.1 ${refuse} No\r\n\r\n`);
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
