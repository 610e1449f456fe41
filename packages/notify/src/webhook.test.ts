import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { parked } from './fixtures.ts';
import { messageSchema, readWebhook, sendWebhook } from './index.ts';

const servers: { closeAllConnections(): void; close(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A real server on this machine; returns its address. */
async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret-path`;
}

const send = (address: string, secret?: string, signal?: AbortSignal) =>
  sendWebhook(readWebhook(address, secret), parked, {
    now: 1_770_000_000,
    proxies: { exceptions: [] },
    ...(signal && { signal }),
  });

/** What a server was sent when it takes everything. */
async function taken(secret?: string, query = '') {
  let seen: { headers: IncomingMessage['headers']; url: string; body: string } | undefined;
  const address = await listen(async (request, response) => {
    seen = { headers: request.headers, url: request.url ?? '', body: await text(request) };
    response.writeHead(204).end();
  });
  await send(address + query, secret);
  return seen!;
}

test('a message arrives whole, and whoever knows the secret can tell that it is ours', async () => {
  const { headers, body } = await taken('shared');
  expect(messageSchema.parse(JSON.parse(body))).toEqual(parked);
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'x-atelier-event': 'parked',
    'x-atelier-delivery': parked.id,
  });
  // As docs/operations.md tells receivers to compute it.
  const signed = `${headers['x-atelier-timestamp']}.${body}`;
  const expected = createHmac('sha256', 'shared').update(signed).digest('hex');
  expect(headers['x-atelier-signature']).toBe(`sha256=${expected}`);
  expect((await taken()).headers['x-atelier-signature']).toBeUndefined();
});

test('for Slack it is a text, in which what others wrote mentions nobody and is no markup', async () => {
  const { body, url } = await taken(undefined, '?format=slack&thread=7');
  expect(url).toBe('/hook/secret-path?thread=7');
  const { text: shown } = JSON.parse(body);
  expect(shown).toContain('waits for a person at stage data.');
  expect(shown).toContain("&lt;!channel&gt; &amp; 'rm -rf /'");
  expect(shown).toContain('```npx atelier retry nightly-2026-01-31T03:00:00Z```');
});

test('a refusal is told without the path of the address, which may be its password', async () => {
  const address = await listen((_, response) => response.writeHead(500).end('secret-path'));
  const refused = send(address, 'shared');
  await expect(refused).rejects.toThrow(/not taken[\s\S]*127\.0\.0\.1[\s\S]*HTTP status 500/);
  await expect(refused).rejects.not.toThrow(/secret-path|shared/);
  await expect(send('http://127.0.0.1:2/hook')).rejects.toThrow(/ECONNREFUSED/);
});

test('a redirect is not followed, wherever it leads', async () => {
  let visits = 0;
  const elsewhere = await listen((_, response) => {
    visits += 1;
    response.writeHead(204).end();
  });
  const address = await listen((_, response) =>
    response.writeHead(307, { location: elsewhere }).end(),
  );
  await expect(send(address)).rejects.toThrow(/307, a redirect, which is not followed/);
  expect(visits).toBe(0);
});

test('an answer that never comes is given up when the worker ends', async () => {
  const address = await listen(() => {});
  const ending = new AbortController();
  const sent = send(address, undefined, ending.signal);
  setTimeout(() => ending.abort(), 50);
  await expect(sent).rejects.toThrow(/abort/i);
});

test('an answer without an end is not read', async () => {
  const address = await listen((_, response) => {
    response.writeHead(200);
    const pour = (): void => {
      while (response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', pour).on('error', () => {});
    pour();
  });
  await send(address);
});
