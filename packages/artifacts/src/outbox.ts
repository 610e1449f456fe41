import type { z } from 'zod';
import { type Document, getDocument, namesIn, putDocument } from './documents.ts';
import type { Objects } from './objects.ts';

/** Messages on their way, each until somebody has taken it. */
export interface Outbox {
  /** Puts a message into a queue; the same once more changes nothing. Names sort by time. */
  putMessage(queue: string, name: string, message: object): Promise<void>;
  /** The names of a queue's messages, the oldest first. */
  listMessages(queue: string): Promise<string[]>;
  /** A message, or what is wrong with it; undefined where another worker was faster. */
  readMessage<T>(
    queue: string,
    name: string,
    schema: z.ZodType<T>,
  ): Promise<Document<T> | undefined>;
  removeMessage(queue: string, name: string): Promise<void>;
}

export function openOutbox(objects: Objects): Outbox {
  const folder = (queue: string): string => `outbox/${queue}/`;
  const keyOf = (queue: string, name: string): string => `${folder(queue)}${name}.json`;
  return {
    async putMessage(queue, name, message) {
      await putDocument(objects, keyOf(queue, name), message, 'absent');
    },
    listMessages: async (queue) => namesIn(await objects.listFiles(folder(queue)), folder(queue)),
    readMessage: (queue, name, schema) => getDocument(objects, keyOf(queue, name), schema),
    removeMessage: (queue, name) => objects.remove(keyOf(queue, name)),
  };
}
