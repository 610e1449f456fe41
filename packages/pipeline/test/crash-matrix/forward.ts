import { once } from 'node:events';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';

/** One request on its way to the store, and the answer on its way back. */
export interface Exchange {
  outgoing: ClientRequest;
  body: Buffer;
  answer: ServerResponse;
  /** Awaited when half of a request's body is with the store. */
  halfWay(): Promise<void>;
}

/**
 * Passes a request on and its answer back.
 * @param fault `truncated`: cut off half-way is a body on its way to the store, or else the answer's;
 * `unanswered`: the store does what it is asked for, and the answer is lost
 * @returns the status that the client has got; undefined where it has got nothing whole
 */
export async function forward(
  { outgoing, body, answer, halfWay }: Exchange,
  fault: 'truncated' | 'unanswered' | undefined,
): Promise<number | undefined> {
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => {});
  // Destroyed together with the client's connection, it has nobody left to tell.
  outgoing.on('error', () => {});
  // A store that dies takes no more of the body, and one may answer before it has it all.
  const send = (bytes: Uint8Array) => Promise.race([write(outgoing, bytes), answered]);
  if (body.length > 0) {
    const half = Math.ceil(body.length / 2);
    await send(body.subarray(0, half));
    await halfWay();
    if (fault === 'truncated') {
      outgoing.destroy();
      answer.socket?.resetAndDestroy();
      return undefined;
    }
    await send(body.subarray(half));
  }
  outgoing.end();
  const [response] = await answered;
  const content = Buffer.concat(await response.toArray());
  if (fault === 'unanswered') {
    answer.socket?.resetAndDestroy();
    return undefined;
  }
  const status = response.statusCode!;
  answer.writeHead(status, response.rawHeaders);
  if (fault === 'truncated' && content.length > 0) {
    await write(answer, content.subarray(0, content.length >> 1));
    answer.socket?.destroy();
    return undefined;
  }
  await new Promise<void>((resolve) => answer.end(content, resolve));
  return status;
}

const write = (to: ClientRequest | ServerResponse, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    to.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
