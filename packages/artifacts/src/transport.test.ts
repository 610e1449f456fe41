import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { createStore } from './store.ts';

const codes: Record<number, string> = {
  429: 'TooManyRequests',
  500: 'InternalError',
  501: 'NotImplemented',
  503: 'SlowDown',
  507: 'XMinioStorageFull',
};

/** Refuses everything with the status that a bucket is named for. */
const server = createServer((request, answer) => {
  const status = Number(/status-(\d+)/.exec(request.url!)?.[1]);
  request.resume();
  answer.writeHead(status).end(`<Error><Code>${codes[status]}</Code></Error>`);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test.each([
  [429, /did not answer as it should/],
  [500, /did not answer as it should/],
  [501, /did not answer as it should/],
  [503, /did not answer as it should/],
  [507, /storage is full/],
])('an answer of %i leaves no call waiting', async (status, message) => {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const keys = { accessKey: 'a', secretKey: 'b', bucket: `status-${status}` };
  const store = createStore({ endpoint, region: 'us-east-1', ...keys });
  await expect(store.putRunFile('run', 'run.json', Buffer.from('{}'))).rejects.toThrow(message);
  await expect(store.getRunFile('run', 'run.json')).rejects.toThrow(message);
});
