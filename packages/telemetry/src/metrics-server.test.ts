import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { openMetrics } from './metrics.ts';
import { serveMetrics } from './metrics-server.ts';

const host = '127.0.0.1';

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, host), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function serve(address: { host: string; port: number }) {
  const opened = await openMetrics();
  const told: string[] = [];
  const asked = { count: 0 };
  const server = serveMetrics(address, {
    ...opened,
    onAsked: () => {
      asked.count += 1;
    },
    onTaken: (error) => told.push(error.message),
  });
  onTestFinished(server.close);
  return { ...opened, server, told, asked };
}

async function ask(port: number, headers = {}, path = '/metrics', method = 'GET') {
  const [answer] = await once(request({ host, port, path, method, headers }).end(), 'response');
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

test('Prometheus gets the metrics in its own format', async () => {
  const port = await freePort();
  const { metrics, server, asked } = await serve({ host, port });
  await server.listening;
  metrics.count('stages', { stage: 'train', cache: 'hit' }, 2);
  metrics.observe('storeSeconds', { operation: 'get', outcome: 'ok' }, 0.02);
  const { status, headers, body } = await ask(port);
  expect([status, asked.count]).toEqual([200, 1]);
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(body).toContain('\natelier_stages_total{stage="train",cache="hit"} 2\n');
  expect(body).toContain(
    'atelier_store_request_seconds_bucket{le="0.025",operation="get",outcome="ok"} 1',
  );
  expect(body).toMatch(/^process_resident_memory_bytes \d+/m);
});

test.each([
  ['a page of another origin', { origin: 'http://evil.example' }, 403],
  ['a page that reads nothing', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a name that was made to mean this machine', { host: 'evil.example:9464' }, 403],
  ['a person', { 'sec-fetch-site': 'none' }, 200],
])('at a loopback address, of %s', async (_, headers, expected) => {
  const port = await freePort();
  const { server, asked } = await serve({ host, port });
  await server.listening;
  expect((await ask(port, headers)).status).toBe(expected);
  expect(asked.count).toBe(expected === 200 ? 1 : 0);
  expect((await ask(port, { host: `localhost:${port}` })).status).toBe(200);
  expect((await ask(port, {}, '/metrics', 'POST')).status).toBe(405);
  expect((await ask(port, {}, '/')).status).toBe(404);
});

test('at all addresses it has names that nobody knows, and still no pages', async () => {
  const port = await freePort();
  const { server } = await serve({ host: '0.0.0.0', port });
  await server.listening;
  expect((await ask(port, { host: 'worker-1.example:9464' })).status).toBe(200);
  expect((await ask(port, { origin: 'http://evil.example' })).status).toBe(403);
});

test('a port that is taken is waited for, and told of once', async () => {
  const holder = createServer();
  await once(holder.listen(0, host), 'listening');
  const { port } = holder.address() as AddressInfo;
  const { server, told } = await serve({ host, port });
  await expect.poll(() => told).toHaveLength(1);
  expect(told[0]).toContain('EADDRINUSE');
  holder.close();
  await server.listening;
  expect((await ask(port)).status).toBe(200);
  expect(told).toHaveLength(1);
});
