import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDoor, refusal } from './ui-door.ts';

const host = '127.0.0.1:8233';
const own = `http://${host}`;
const asks = (method: string, headers: Record<string, string>, url = '/') =>
  refusal({ method, url, headers: { host, ...headers } });
const site = (of: string, mode: string, dest: string) => ({
  ...{ 'sec-fetch-site': of, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest },
});

test.each([
  ['an address that was typed or printed', 'GET', site('none', 'navigate', 'document')],
  ['a link in a report or on any page', 'GET', site('cross-site', 'navigate', 'document')],
  ['its own page', 'GET', site('same-origin', 'cors', 'empty')],
  ['its own page', 'POST', { origin: own, ...site('same-origin', 'cors', 'empty') }],
  ['a program', 'GET', {}],
  ['a tunnel to it', 'GET', { host: 'localhost:18233' }],
  ['a page through a tunnel', 'POST', { host: 'localhost:1', origin: 'http://localhost:1' }],
])('let in: %s, %s', (_, method, headers) => {
  expect(asks(method, headers)).toBeUndefined();
});

test.each([
  ['a name that was made to mean this machine', 'GET', { host: 'evil.example:8233' }],
  ['such a name below localhost', 'GET', { host: 'evil.localhost:8233' }],
  [
    'such a name with its own origin',
    'POST',
    { host: 'evil.example', origin: 'http://evil.example' },
  ],
  ['no host', 'GET', { host: '' }],
  ['a page that reads', 'GET', { origin: 'https://evil.example' }],
  ['a page that writes', 'POST', { origin: 'https://evil.example' }],
  ['a page that hides its origin', 'POST', { origin: 'null' }],
  ['a page of another port', 'POST', { origin: 'http://127.0.0.1:3000' }],
  ['a page of another of its names', 'POST', { origin: 'http://localhost:8233' }],
  ['a picture on a page', 'GET', site('cross-site', 'no-cors', 'image')],
  ['a script of a page of another port', 'GET', site('same-site', 'no-cors', 'script')],
  ['a frame', 'GET', site('cross-site', 'navigate', 'iframe')],
  ['a form', 'POST', site('cross-site', 'navigate', 'document')],
  ['a program that changes something', 'DELETE', {}],
])('refused: %s, %s', (_, method, headers) => {
  expect(asks(method, headers)).toMatch(/[.]$/);
});

test('an address of another server is refused', () => {
  expect(asks('GET', {}, 'http://evil.example/')).toMatch(/not an address/);
});

let ui: Server;
let door: Server;
const seen: IncomingMessage[] = [];
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  ui = createServer(async (asked, answer) => {
    seen.push(asked);
    const body = await text(asked);
    answer.writeHead(201, { 'set-cookie': ['_csrf=a', 'b=c'] }).end(`${asked.url} ${body}`);
  });
  await new Promise<void>((resolve) => ui.listen(0, '127.0.0.1', resolve));
  door = createDoor({ host: '127.0.0.1', port: portOf(ui) });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  for (const server of [ui, door]) server.close().closeAllConnections();
});

async function send(method: string, headers: Record<string, string>, body = '') {
  return new Promise<{ status?: number; cookies?: string[]; body: string }>((resolve, reject) => {
    const options = { port: portOf(door), host: '127.0.0.1', path: '/api/v1/x?y=z%2F' };
    const sent = request({ ...options, method, headers }, async (got) =>
      resolve({
        ...(got.statusCode !== undefined && { status: got.statusCode }),
        ...(got.headers['set-cookie'] && { cookies: got.headers['set-cookie'] }),
        body: await text(got),
      }),
    );
    sent.once('error', reject).end(body);
  });
}

test('what is let in reaches the UI as it was asked, and its answer comes back', async () => {
  const origin = `http://127.0.0.1:${portOf(door)}`;
  const answer = await send('POST', { origin, 'x-csrf-token': 'a' }, 'a body');
  expect(answer).toEqual({
    status: 201,
    cookies: ['_csrf=a', 'b=c'],
    body: '/api/v1/x?y=z%2F a body',
  });
  expect(seen.at(-1)!.headers).toMatchObject({ origin, 'x-csrf-token': 'a' });
});

test('what is refused does not reach it', async () => {
  const before = seen.length;
  expect((await send('POST', { origin: 'https://evil.example' }, 'a body')).status).toBe(403);
  expect((await send('GET', { host: 'evil.example' })).status).toBe(403);
  expect(seen).toHaveLength(before);
});

test('a UI that is away is told of, and the door stays open', async () => {
  const closed = createDoor({ host: '127.0.0.1', port: 1 });
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${portOf(closed)}/`;
  for (const _ of [1, 2]) {
    const answer = await fetch(address);
    expect([answer.status, await answer.text()]).toEqual([502, 'The UI does not answer yet.\n']);
  }
  closed.close().closeAllConnections();
});
