import http from 'node:http';
import https from 'node:https';
import { WorldError } from '@atelier/errors';

/**
 * Answers that the library would retry. It reads no body of theirs, which would hold the socket;
 * of every other one it waits for the body (minio-js, internal/request.ts).
 */
const unread = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

/** Bytes a second that the slowest line still carries, whatever else it is used for. */
const slowestLine = 50_000;

/** Bytes of a body that buffers on the way hold at most: handed over, and not arrived yet. */
const heldOnTheWay = 4 * 1024 ** 2;

const millisecondsFor = (bytes: number): number => Math.round((1_000 * bytes) / slowestLine);

/**
 * HTTP requests that cannot hang: one on which no byte moves for `timeoutMs` is destroyed, and
 * so is one that trickles: sending may take ten times as long and what the slowest line needs for
 * the body, and so may receiving. The client library has no timeouts of its own.
 */
export function timedTransport(secure: boolean, timeoutMs: number): typeof http {
  const transport = secure ? https : http;
  const request = (
    options: https.RequestOptions,
    onResponse: (response: http.IncomingMessage) => void,
  ): http.ClientRequest => {
    let answer: http.IncomingMessage | undefined;
    let deadline: NodeJS.Timeout | undefined;
    let patience: number;
    const stop = (error: Error): void => {
      // The reader of an answer is told of its own failure only.
      answer?.destroy(error);
      outgoing.destroy(error);
    };
    const allow = (task: string, bytes: number, silentMs: number): void => {
      const milliseconds = 10 * timeoutMs + millisecondsFor(bytes);
      const expected = `${task} ${bytes} bytes within ${milliseconds / 1_000} s`;
      clearTimeout(deadline);
      deadline = setTimeout(() => stop(tooSlow(outgoing, expected)), milliseconds);
      patience = silentMs;
      outgoing.setTimeout(patience);
    };

    const outgoing = transport.request(options, (response) => {
      answer = response;
      allow('an answer of', Number(response.headers['content-length'] ?? 0), timeoutMs);
      if (unread.has(response.statusCode ?? 0)) response.resume();
      onResponse(response);
    });
    const bytes = Number(outgoing.getHeader('content-length') ?? 0);
    // While buffers on the way empty, nothing moves that can be seen here.
    const onTheWay = millisecondsFor(Math.min(bytes, heldOnTheWay));
    allow('a request of', bytes, timeoutMs + onTheWay);
    outgoing.once('timeout', () => stop(silence(options.host ?? 'S3', patience)));
    outgoing.once('close', () => clearTimeout(deadline));
    return outgoing;
  };
  return { ...transport, request } as typeof http;
}

function silence(host: string, milliseconds: number): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`${host} was silent for ${milliseconds} ms`);
  error.code = 'ETIMEDOUT';
  return error;
}

function tooSlow(request: http.ClientRequest, expected: string): WorldError {
  const { method, protocol, path } = request;
  return new WorldError({
    what: 'The object storage was too slow.',
    where: `${method} ${protocol}//${request.getHeader('host')}${path}`,
    expected,
    found: 'bytes that moved, but were not done by then',
    remedy:
      'find out what holds up the line or the service, or use a faster one; it is tried again',
  });
}
