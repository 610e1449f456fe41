import http from 'node:http';
import https from 'node:https';

/**
 * Answers that the library would retry. It reads no body of theirs, which would hold the socket;
 * of every other one it waits for the body (minio-js, internal/request.ts).
 */
const unread = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

/**
 * HTTP requests that cannot hang: one on which no byte moves for `timeoutMs` is destroyed, and
 * so is one that trickles for ten times as long. The client library has no timeouts of its own.
 */
export function timedTransport(secure: boolean, timeoutMs: number): typeof http {
  const transport = secure ? https : http;
  const request = (
    options: https.RequestOptions,
    onResponse: (response: http.IncomingMessage) => void,
  ): http.ClientRequest => {
    const outgoing = transport.request(options, (response) => {
      if (unread.has(response.statusCode ?? 0)) response.resume();
      onResponse(response);
    });
    const stop = (): void => {
      outgoing.destroy(timeoutError(options.host ?? 'S3', timeoutMs));
    };
    outgoing.setTimeout(timeoutMs, stop);
    const deadline = setTimeout(stop, 10 * timeoutMs);
    outgoing.once('close', () => clearTimeout(deadline));
    return outgoing;
  };
  return { ...transport, request } as typeof http;
}

function timeoutError(host: string, timeoutMs: number): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`${host} was silent for ${timeoutMs} ms`);
  error.code = 'ETIMEDOUT';
  return error;
}
