import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createStore, type Store } from './store.ts';

/** A store whose service answers so. */
async function storeAt(
  listener: RequestListener,
  settings: { bucket: string; timeoutMs?: number },
): Promise<Store> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKey: 'a', secretKey: 'b' };
  return createStore(
    { endpoint, region: 'us-east-1', ...credentials, ...settings },
    { metrics: z.unknown(), environment: z.unknown() },
  );
}

const codes: Record<number, string> = {
  429: 'TooManyRequests',
  500: 'InternalError',
  501: 'NotImplemented',
  503: 'SlowDown',
  507: 'XMinioStorageFull',
};

/** Refuses everything with the status that a bucket is named for. */
const refuse: RequestListener = (request, answer) => {
  const status = Number(/status-(\d+)/.exec(request.url!)?.[1]);
  request.resume();
  answer.writeHead(status).end(`<Error><Code>${codes[status]}</Code></Error>`);
};

test.each([
  [429, /did not answer as it should/],
  [500, /did not answer as it should/],
  [501, /did not answer as it should/],
  [503, /did not answer as it should/],
  [507, /storage is full/],
])('an answer of %i leaves no call waiting', async (status, message) => {
  const store = await storeAt(refuse, { bucket: `status-${status}` });
  await expect(store.putRunFile('run', 'run.json', Buffer.from('{}'))).rejects.toThrow(message);
  await expect(store.getRunFile('run', 'run.json')).rejects.toThrow(message);
});

/** Takes its time over either direction, but is never silent. */
const slow =
  (milliseconds: number, bytes: number): RequestListener =>
  async (request, answer) => {
    const pieces = milliseconds / 50;
    const isUpload = request.resume().method === 'PUT';
    answer.setHeader('ETag', '"e"');
    if (!isUpload) answer.writeHead(200, { 'Content-Length': bytes });
    for (let piece = 0; piece < pieces && !answer.destroyed; piece++) {
      if (isUpload) answer.writeProcessing();
      else answer.write(Buffer.alloc(bytes / pieces));
      await sleep(50);
    }
    answer.end();
  };

test('a body may take as long as its size needs', async () => {
  const bytes = 100_000;
  const settings = { bucket: 'large', timeoutMs: 300 };
  const store = await storeAt(slow(4_000, bytes), settings);
  const upload = store.putRunFile('run', 'model.safetensors', Buffer.alloc(bytes));
  const download = store.getRunFile('run', 'model.safetensors');
  await expect(upload).resolves.toBeUndefined();
  expect((await download)?.length).toBe(bytes);
});

test('a body that takes longer than its size needs ends with a reason', async () => {
  const bytes = 12_000;
  const store = await storeAt(slow(60_000, bytes), { bucket: 'trickle', timeoutMs: 300 });
  const upload = store.putRunFile('run', 'model.safetensors', Buffer.alloc(bytes));
  const download = store.getRunFile('run', 'model.safetensors');
  const reason = (request: string) => ({
    name: 'WorldError',
    failure: {
      what: 'The object storage was too slow.',
      where: expect.stringMatching(
        new RegExp(`^${request} http://127.0.0.1:\\d+/trickle/runs/run/model.safetensors$`),
      ),
      expected: expect.stringMatching(/12000 bytes within 3\.24 s/),
      found: expect.stringMatching(/not done/),
      remedy: expect.any(String),
    },
  });
  await Promise.all([
    expect(upload).rejects.toMatchObject(reason('PUT')),
    expect(download).rejects.toMatchObject(reason('GET')),
  ]);
});

test('what is on the way still of a large body is waited for in silence', async () => {
  const held: RequestListener = (request, answer) => {
    request.resume().once('end', async () => {
      await sleep(1_500);
      answer.setHeader('ETag', '"e"').end();
    });
  };
  const store = await storeAt(held, { bucket: 'held', timeoutMs: 300 });
  await store.putRunFile('run', 'model.safetensors', Buffer.alloc(100_000));
  const small = store.putRunFile('run', 'run.json', Buffer.from('{}'));
  await expect(small).rejects.toThrow(/silent for 300 ms/);
});

test('an answer that stops half-way is reported as silence', async () => {
  const stops: RequestListener = (_, answer) => {
    answer.writeHead(200, { 'Content-Length': 2, ETag: '"e"' }).write('1');
  };
  const store = await storeAt(stops, { bucket: 'stops', timeoutMs: 200 });
  await expect(store.getRunFile('run', 'run.json')).rejects.toThrow(/silent for 200 ms/);
});
