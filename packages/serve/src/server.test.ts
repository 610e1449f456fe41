import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { WorldError } from '@atelier/errors';
import { openServiceMetrics } from '@atelier/telemetry';
import { expect, onTestFinished, test } from 'vitest';
import { openModelSlot, openServer, type ServedModel } from './index.ts';
import { openapi } from './openapi.ts';

const host = '127.0.0.1';

/** Of images of 2 x 2 grey pixels: the first pixel is the first class's percentage. */
const model = (run: string, more: Partial<ServedModel> = {}): ServedModel => ({
  run,
  sha256: 'ab12',
  classes: ['shoe', '<b>'],
  image: { height: 2, width: 2, channels: 1 },
  decode: async ([first = 0]) =>
    first === 0 ? { why: 'it is broken' } : { pixels: Uint8Array.of(first, 0, 0, 0) },
  probabilities: async ([first = 0]) => Float32Array.of(first / 100, 1 - first / 100),
  ...more,
});

async function serve(first: ServedModel = model('first')) {
  const slot = openModelSlot();
  const closed: string[] = [];
  const put = (next: ServedModel) => slot.put(next, () => void closed.push(next.run));
  put(first);
  const failures: Error[] = [];
  const server = await openServer({
    ...{ address: { host, port: 0 }, slot, telemetry: await openServiceMetrics() },
    onFailure: (error) => void failures.push(error),
  });
  onTestFinished(() => server.close());
  const { port } = server.address;
  async function ask(method: string, path: string, headers = {}, body: Buffer | string = '') {
    const sent = request({ host, port, path, method, headers, agent: false });
    // An answer may come before all of it is sent.
    sent.on('error', () => {});
    const [answer] = await once(sent.end(body), 'response');
    const said = await text(answer);
    return { status: answer.statusCode, headers: answer.headers, text: said };
  }
  const predict = async (body: Buffer | string, type = 'application/json', query = '') => {
    const { status, text } = await ask('POST', `/predict${query}`, { 'content-type': type }, body);
    return { status, ...JSON.parse(text) };
  };
  return { server, slot, put, closed, failures, port, ask, predict };
}

const pixels = (...of: unknown[]) => JSON.stringify({ pixels: of });

test('pixels and a picture get the probability of every class, and of the model its name', async () => {
  const { predict, ask } = await serve();
  const said = {
    status: 200,
    model: { run: 'first', sha256: 'ab12' },
    predictions: [
      { class: '<b>', probability: 0.75 },
      { class: 'shoe', probability: 0.25 },
    ],
  };
  expect(await predict(pixels(25, 0, 0, 255))).toEqual(said);
  for (const type of ['image/png', 'image/jpeg', 'application/octet-stream'])
    expect(await predict(Buffer.of(25), type)).toEqual(said);
  const { predictions } = await predict(pixels(25, 0, 0, 255), undefined, '?top=1');
  expect(predictions).toEqual(said.predictions.slice(0, 1));
  const { headers, text: known } = await ask('GET', '/model');
  expect(headers).toMatchObject({ 'cache-control': 'no-store' });
  expect(JSON.parse(known)).toMatchObject({ classes: ['shoe', '<b>'], image: { height: 2 } });
  const { text: metrics } = await ask('GET', '/metrics');
  expect(metrics).toContain('atelier_serve_requests_total{route="/predict",status="200"} 5');
});

test.each([
  ['a broken picture', 422, Buffer.of(0), 'image/png', '', /broken/],
  ['no JSON', 400, '{', 'application/json', '', /no JSON/],
  ['nothing', 400, '', 'application/json', '', /no JSON/],
  ['a list', 400, '[1,2]', 'application/json', '', /found":"a list/],
  [
    'a path in the place of pixels',
    400,
    '{"path":"/etc/passwd"}',
    'application/json',
    '',
    /a field/,
  ],
  ['too few pixels', 400, pixels(1, 2, 3), 'application/json', '', /found":"3 values/],
  [
    'rows in the place of one list',
    400,
    pixels([1, 2], [3, 4]),
    'application/json',
    '',
    /one list of 4.*lists within/,
  ],
  ['a pixel of 256', 400, pixels(1, 2, 3, 256), 'application/json', '', /256 at place 3/],
  ['a pixel of half', 400, pixels(0.5, 2, 3, 4), 'application/json', '', /0\.5 at place 0/],
  ['pixels that are no numbers', 400, pixels('1', [], {}, null), 'application/json', '', /place 0/],
  [
    'a pixel that is a list in a list, and so on',
    400,
    `{"pixels":[${'['.repeat(100_000)}${']'.repeat(100_000)},2,3,4]}`,
    'application/json',
    '',
    /lists within the list/,
  ],
  ['text', 415, 'shoe', 'text/plain', '', /image\/png/],
  ['a form', 415, 'a=b', 'application/x-www-form-urlencoded', '', /no kind/],
  ['a file of a form', 415, 'a', 'multipart/form-data; boundary=a', '', /no kind/],
  ['top=0', 400, Buffer.of(25), 'image/png', '?top=0', /at least 1/],
  ['top twice', 400, Buffer.of(25), 'image/png', '?top=1&top=2', /\?top=N/],
  ['another query', 400, Buffer.of(25), 'image/png', '?path=/etc/passwd', /found":"\\"path/],
])('%s is refused with what is wrong: %i', async (_, status, body, type, query, why) => {
  const { ask, failures } = await serve();
  const answer = await ask('POST', `/predict${query}`, { 'content-type': type }, body);
  expect(answer.status).toBe(status);
  expect(answer.text).toMatch(why);
  expect(Object.keys(JSON.parse(answer.text))).toEqual(['error']);
  expect(answer.text).not.toMatch(/\.ts|node_modules|\\n/);
  expect(failures).toEqual([]);
});

test('a body that is too long, or of no length, is not read', async () => {
  const { ask, port } = await serve();
  const long = await ask('POST', '/predict', {
    'content-type': 'image/png',
    'content-length': 9_000_000,
  });
  expect(long).toMatchObject({ status: 413, headers: { connection: 'close' } });
  expect(long.text).toContain('at most 8,388,608 bytes');
  const endless = await ask('POST', '/predict', {
    ...{ 'content-type': 'image/png', 'transfer-encoding': 'chunked' },
  });
  expect(endless.status).toBe(411);
  const packed = await ask('POST', '/predict', {
    ...{ 'content-type': 'application/json', 'content-encoding': 'gzip' },
  });
  expect(packed.status).toBe(415);
  const socket = connect(port, host).end('GET\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400[\s\S]*This is no HTTP/);
});

test('whoever asks for more than is held at a time is refused, and takes nothing from others after that', async () => {
  const { port } = await serve();
  const burst = (requests: number) => {
    const socket = connect(port, host);
    const head = 'GET /model HTTP/1.1\r\nHost: localhost\r\n';
    socket.write(`${head}\r\n`.repeat(requests - 1));
    socket.write(`${head}Connection: close\r\n\r\n`);
    return text(socket).catch((error: Error) => error.message);
  };
  // Such a connection is ended, and of what lies in its pipe no more is begun.
  const answers = (await burst(1_000)).match(/HTTP\/1\.1 \d+/g) ?? [];
  expect(answers.length).toBeLessThanOrEqual(64);
  // Many that ask for less each are too many together.
  await Promise.all(Array.from({ length: 40 }, () => burst(60)));
  const said = await burst(60);
  expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(Array(60).fill('HTTP/1.1 200'));
});

test.each([
  ['/../../etc/passwd', 404],
  ['/predict/../etc/passwd', 404],
  ['//etc/passwd', 404],
  ['/%2e%2e/etc/passwd', 404],
  ['/%', 400],
  ['/predict', 405],
])('%s leads nowhere: %i', async (path, status) => {
  const { ask } = await serve();
  const answer = await ask('GET', path);
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.text)).toMatchObject({ error: { what: expect.any(String) } });
});

test.each([
  ['of another origin', { origin: 'http://evil.example' }],
  ['without an origin', { origin: 'null' }],
  ['that leads here', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
  ['under a name that was made to mean this machine', { host: 'evil.example:8780' }],
  ['of this very address', { 'sec-fetch-site': 'same-origin' }],
])('a page %s gets no answer', async (_, headers) => {
  const { ask } = await serve();
  for (const [method, path] of [
    ['POST', '/predict'],
    ['GET', '/model'],
    ['GET', '/metrics'],
    ['OPTIONS', '/predict'],
    ['GET', '/nothing'],
  ] as const) {
    const answer = await ask(method, path, { 'content-type': 'image/png', ...headers });
    expect([answer.status, path]).toEqual([403, path]);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  }
});

test('another model takes over between two requests, and each is answered by one of them', async () => {
  const asked: ((answer: Float32Array) => void)[] = [];
  const slow = model('first', {
    probabilities: () => new Promise((resolve) => asked.push(resolve)),
  });
  const { put, closed, predict, slot, ask } = await serve(slow);
  const before = predict(pixels(1, 0, 0, 0));
  await expect.poll(() => asked.length).toBe(1);
  put(model('second', { classes: ['cat', 'dog'] }));
  expect((await predict(pixels(50, 0, 0, 0))).model.run).toBe('second');
  expect(closed).toEqual([]);
  asked[0]!(Float32Array.of(0.75, 0.25));
  expect(await before).toMatchObject({
    model: { run: 'first' },
    predictions: [{ class: 'shoe', probability: 0.75 }, { class: '<b>' }],
  });
  expect(closed).toEqual(['first']);
  slot.clear();
  expect(closed).toEqual(['first', 'second']);
  for (const path of ['/healthz', '/model']) expect((await ask('GET', path)).status).toBe(503);
});

test('whoever was heard is answered before it ends, and nobody after that', async () => {
  const asked: ((answer: Float32Array) => void)[] = [];
  const slow = model('first', {
    probabilities: () => new Promise((resolve) => asked.push(resolve)),
  });
  const { server, predict, ask } = await serve(slow);
  const heard = predict(pixels(1, 0, 0, 0));
  await expect.poll(() => asked.length).toBe(1);
  const closed = server.close();
  await expect(ask('GET', '/healthz')).rejects.toThrow('ECONN');
  asked[0]!(Float32Array.of(1, 0));
  expect(await heard).toMatchObject({ status: 200 });
  await closed;
});

test('of what fails here the sender is told that it did, and no more', async () => {
  const died = new WorldError({ what: 'The process of the model died.', where: '/home/me' });
  const odd = new TypeError('odd, in /home/me');
  for (const [error, status] of [
    [died, 503],
    [odd, 500],
  ] as const) {
    const { predict, failures } = await serve(
      model('first', { probabilities: () => Promise.reject(error) }),
    );
    const answer = await predict(pixels(1, 0, 0, 0));
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer)).not.toMatch(/home|died|odd/);
    expect(failures).toEqual([error]);
  }
});

test('its document names every route and every answer', async () => {
  const { ask } = await serve();
  expect(JSON.parse((await ask('GET', '/openapi.json')).text)).toEqual(openapi);
  for (const [path, methods] of Object.entries(openapi.paths)) {
    const answer = await ask(Object.keys(methods)[0]!.toUpperCase(), path);
    const { responses } = Object.values(methods)[0] as { responses: Record<number, object> };
    expect(Object.keys(responses), path).toContain(String(answer.status));
  }
});
