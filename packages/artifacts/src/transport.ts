import http from 'node:http';
import https from 'node:https';

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
      // The library drops bodies of answers that it would retry, which would hold the socket.
      if ((response.statusCode ?? 0) >= 500) response.resume();
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
