import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isLoopbackOnly } from '@atelier/addresses';
import { quoted, Refusal } from './refusal.ts';

/** Bytes of a body: a photo in full, or its pixels in JSON. */
export const longestBody = 8 * 2 ** 20;
/** Bytes of bodies, and requests, that are held at a time. */
const mostHeld = 256 * 2 ** 20;
const mostRequests = 1024;
/** Requests of one connection that wait: of a piece of the network that holds more, all would be begun. */
const mostWaiting = 64;

/** The names of the loopback interface that no name server decides about. */
const ownNames = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;

/** Decides by a request's head alone whether it is read, and what it may take until it is answered. */
export function openAdmission(host: string) {
  const loopback = isLoopbackOnly(host);
  const all = { bytes: 0, requests: 0 };
  /** What each connection's requests take: an answer that nobody will get ends with its connection. */
  const ofConnections = new Map<Socket, typeof all>();

  function hold(socket: Socket, answer: ServerResponse, length: number): void {
    const known = ofConnections.get(socket);
    const own = known ?? { bytes: 0, requests: 0 };
    const take = (bytes: number, requests: number): void => {
      for (const sum of [all, own]) {
        sum.bytes += bytes;
        sum.requests += requests;
      }
    };
    if (known === undefined) {
      ofConnections.set(socket, own);
      socket.once('close', () => {
        ofConnections.delete(socket);
        take(-own.bytes, -own.requests);
      });
    }
    take(length, 1);
    answer.once('close', () => {
      if (ofConnections.has(socket)) take(-length, -1);
    });
  }

  /** @throws Refusal */
  return function admit({ headers, socket }: IncomingMessage, answer: ServerResponse): void {
    refusePages(headers, loopback);
    const coding = headers['content-encoding'];
    if (coding !== undefined)
      throw new Refusal(
        415,
        {
          what: 'The body is of no kind that is read.',
          expected: 'no header Content-Encoding',
          found: quoted(coding),
        },
        { ends: true },
      );
    if (headers['transfer-encoding'] !== undefined)
      throw new Refusal(
        411,
        { what: 'The length of the body is missing.', expected: 'a header Content-Length' },
        { ends: true },
      );
    const length = Number(headers['content-length'] ?? 0);
    if (length > longestBody)
      throw new Refusal(
        413,
        {
          what: 'The body is too long.',
          expected: `at most ${longestBody.toLocaleString('en')} bytes`,
          found: length.toLocaleString('en'),
        },
        { ends: true },
      );
    if (socket.destroyed || all.requests >= mostRequests || all.bytes + length > mostHeld)
      throw new Refusal(
        503,
        { what: 'Too much is asked at once.', remedy: 'ask again in a moment' },
        { ends: true },
      );
    if ((ofConnections.get(socket)?.requests ?? 0) >= mostWaiting) {
      socket.destroy();
      throw new Refusal(503, { what: 'Too much is asked on one connection.' }, { ends: true });
    }
    hold(socket, answer, length);
  };
}

/**
 * A page in a browser sends an Origin or a mark of its site, which it cannot leave out, and may reach
 * this machine by a name of its own. An address that other machines reach has names that nobody here
 * knows.
 */
function refusePages(
  { host = '', origin, 'sec-fetch-site': site }: IncomingMessage['headers'],
  loopback: boolean,
): void {
  if (origin !== undefined || (site !== undefined && site !== 'none'))
    throw new Refusal(403, { what: 'Pages in browsers get no answer.' }, { ends: true });
  if (loopback && !ownNames.test(host))
    throw new Refusal(
      403,
      {
        what: 'This is not an address of this service.',
        expected: 'Host: localhost or 127.0.0.1',
        found: quoted(host),
      },
      { ends: true },
    );
}
