import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { signatureOf } from '@atelier/notify';
import { type Message, messageSchema } from '@atelier/notify/message';

/** What a person's webhook is: a server that is told of runs. */
export interface Receiver {
  /** By which a worker is told of it. */
  variables: Record<string, string>;
  /** What was taken, in the order in which it came. */
  messages: Message[];
  /** How many were refused: every one when it comes for the first time. */
  refused: number;
  close(): void;
}

const secret = 'shared';

/** @param before awaited with every message before it is looked at */
export async function openReceiver(before = async () => {}): Promise<Receiver> {
  const known = new Set<string>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const message = messageSchema.parse(JSON.parse(body));
    await before();
    const seconds = Number(request.headers['x-atelier-timestamp']);
    const isSigned = request.headers['x-atelier-signature'] === signatureOf(secret, seconds, body);
    const isTaken = isSigned && known.has(message.id);
    known.add(message.id);
    if (isTaken) receiver.messages.push(message);
    else receiver.refused += 1;
    response.writeHead(isTaken ? 204 : 500).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    variables: {
      ATELIER_NOTIFY_URL: `http://127.0.0.1:${port}/`,
      ATELIER_NOTIFY_SECRET: secret,
    },
    messages: [],
    refused: 0,
    close: () => server.close(),
  };
  return receiver;
}
