import type { AddressInfo, Socket } from 'node:net';
import type { HostAndPort } from '@atelier/addresses';
import { WorldError } from '@atelier/errors';
import type { openServiceMetrics } from '@atelier/telemetry';
import { bounded } from '@atelier/text';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { longestBody, openAdmission } from './admission.ts';
import { answerOf } from './answer.ts';
import type { ModelSlot } from './model-slot.ts';
import { openapi } from './openapi.ts';
import { bodyTypes, pictureTypes, pixelsOf, topOf } from './read-question.ts';
import { errorBody, quoted, Refusal } from './refusal.ts';

export interface ServerOptions {
  /** Port 0 is any that is free. */
  address: HostAndPort;
  slot: ModelSlot;
  telemetry: Awaited<ReturnType<typeof openServiceMetrics>>;
  /** Told what failed here, of which the sender is told that it did. */
  onFailure(error: Error): void;
}

export interface Server {
  address: HostAndPort;
  /** Takes no more requests, answers those that are there, and resolves when it has. */
  close(): Promise<void>;
}

/** Milliseconds: of a request to arrive, and of those that are there to be answered at the end. */
const requestTimeout = 30_000;
const drainTimeout = 10_000;
/** Milliseconds in which nothing moves on a connection: who takes no answer would be held for ever. */
const connectionTimeout = 60_000;
/** More connections are not taken. */
const mostConnections = 2048;

/**
 * Answers for the model in the slot over HTTP. Nothing that a request says names a file.
 * @throws Error of Node's where the address cannot be had
 */
export async function openServer(options: ServerOptions): Promise<Server> {
  const { host, port } = options.address;
  const app = fastify({
    bodyLimit: longestBody,
    requestTimeout,
    connectionTimeout,
    clientErrorHandler: endConnection,
    frameworkErrors: (error, _, reply) => sendError(error, reply as FastifyReply, options),
  });
  app.server.maxConnections = mostConnections;
  let draining = false;
  app.addHook('onSend', async (_, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    if (draining) reply.header('connection', 'close');
  });
  addAdmission(app, options);
  addParsers(app);
  addRoutes(app, options);
  await app.listen({ host, port });
  return {
    address: { host, port: (app.server.address() as AddressInfo).port },
    async close() {
      draining = true;
      const late = setTimeout(() => app.server.closeAllConnections(), drainTimeout);
      await app.close();
      clearTimeout(late);
    },
  };
}

function addAdmission(app: FastifyInstance, { address, telemetry: { metrics } }: ServerOptions) {
  const admit = openAdmission(address.host);
  app.addHook('onRequest', async ({ raw }, reply) => admit(raw, reply.raw));
  app.addHook('onResponse', async ({ routeOptions }, { statusCode, elapsedTime }) => {
    const route = routeOptions.url ?? 'other';
    metrics.count('requests', { route, status: String(statusCode) });
    if (route === '/predict') metrics.observe('requestSeconds', {}, elapsedTime / 1000);
  });
}

function addParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    pictureTypes,
    { parseAs: 'buffer' },
    async (_: FastifyRequest, body: Buffer) => body,
  );
  const json = async (_: FastifyRequest, body: string): Promise<unknown> => {
    try {
      return JSON.parse(body);
    } catch {
      throw new Refusal(400, { what: 'The body is no JSON.', expected: '{"pixels": […]}' });
    }
  };
  app.addContentTypeParser('application/json', { parseAs: 'string' }, json);
}

function addRoutes(app: FastifyInstance, options: ServerOptions): void {
  const { slot, telemetry } = options;
  app.post('/predict', ({ body, query }) =>
    slot.use(async (model) => {
      const top = topOf(query as Record<string, unknown>, model.classes.length);
      return answerOf(model, await model.probabilities(await pixelsOf(body, model)), top);
    }),
  );
  app.get('/model', () =>
    slot.use(async ({ run, sha256, classes, image }) => ({ run, sha256, classes, image })),
  );
  app.get('/healthz', () =>
    slot.use(async ({ run, sha256 }) => ({ status: 'ok', model: { run, sha256 } })),
  );
  app.get('/metrics', async (_, reply) =>
    reply.type(telemetry.contentType).send(await telemetry.text()),
  );
  app.get('/openapi.json', async () => openapi);
  app.setNotFoundHandler(({ method, url }) => {
    const [path = ''] = url.split('?', 1);
    const known = Object.entries(openapi.paths).find(([route]) => route === path);
    if (known === undefined)
      throw new Refusal(404, {
        what: 'There is nothing here.',
        expected: Object.keys(openapi.paths).join(', '),
        found: quoted(path),
      });
    const expected = Object.keys(known[1]).join(', ').toUpperCase();
    throw new Refusal(405, { what: 'This is not done here.', expected, found: method });
  });
  app.setErrorHandler((error: Error, _, reply) => sendError(error, reply, options));
}

function sendError(error: Error, reply: FastifyReply, { onFailure }: ServerOptions): void {
  const refusal = error instanceof Refusal ? error : refusalOf(error);
  if (refusal.statusCode >= 500 && refusal !== error) onFailure(error);
  if (refusal.ends) reply.header('connection', 'close');
  if (refusal.statusCode === 503) reply.header('retry-after', '1');
  reply
    .code(refusal.statusCode)
    .type('application/json; charset=utf-8')
    .send(errorBody(refusal.failure));
}

/** What a sender is told of an error: of our own failures nothing but that there was one. */
function refusalOf(error: Error & { statusCode?: number }): Refusal {
  if (error instanceof WorldError)
    return new Refusal(503, { what: 'No model answers.', remedy: 'ask again in a moment' });
  const { statusCode = 500, message } = error;
  if (statusCode === 415)
    return new Refusal(415, { what: 'The body is of no kind that is read.', expected: bodyTypes });
  if (statusCode < 500)
    return new Refusal(statusCode, { what: bounded(message, 200) }, { ends: true });
  return new Refusal(500, { what: 'Something failed here.' });
}

/** What is no HTTP, or takes too long to become it. */
function endConnection({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, what] =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ['408 Request Timeout', 'The request took too long to arrive.']
      : code === 'HPE_HEADER_OVERFLOW'
        ? ['431 Request Header Fields Too Large', 'The head of the request is too long.']
        : ['400 Bad Request', 'This is no HTTP.'];
  const body = errorBody({ what });
  const head = `content-type: application/json\r\ncontent-length: ${body.length}`;
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n${head}\r\n\r\n${body}`);
}
