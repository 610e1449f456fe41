import { setTimeout as sleep } from 'node:timers/promises';
import type { Outbox } from '@atelier/artifacts';
import { type Message, messageSchema } from '@atelier/notify/message';

/** Takes one message, or throws. */
export type Deliver = (message: Message, signal: AbortSignal) => Promise<void>;

export interface Announcer {
  /** Resolves when the message is kept; it is delivered beside whatever else is done. */
  announce(message: Message): Promise<void>;
  /** Delivers what is still there of earlier workers, now and whenever something is announced. */
  start(): void;
  stop(): Promise<void>;
}

interface Log {
  warn(message: string, details?: { error: unknown }): void;
}

interface AnnouncerOptions {
  store: Outbox;
  /** Each has a queue of its own, so that one that hangs keeps none from another. */
  ways: Readonly<Record<string, Deliver>>;
  log: Log;
  now(): number;
  pauses?: { first: number; longest: number };
}

const second = 1000;
const day = 86_400 * second;

/**
 * Tells somebody of what happens, once at least and without holding anything up: messages lie in
 * storage until they are taken, so that neither a receiver that is away nor a worker that dies
 * loses one. What nobody has taken for a day is given up and said in the log.
 */
export function createAnnouncer({
  store,
  ways,
  log,
  now,
  pauses = { first: second, longest: 300 * second },
}: AnnouncerOptions): Announcer {
  const ending = new AbortController();
  const queues = Object.entries(ways).map(([name, deliver]) => ({ name, deliver, wake: () => {} }));
  const loops: Promise<void>[] = [];

  /** Tries every message once. @returns whether some are left */
  async function round(queue: string, deliver: Deliver): Promise<boolean> {
    let left = false;
    for (const name of await store.listMessages(queue)) {
      ending.signal.throwIfAborted();
      const found = await store.readMessage(queue, name, messageSchema);
      if (found === undefined) continue;
      if (found.value === undefined) {
        log.warn(`A message is given up: ${queue}/${name} cannot be read, ${found.problem}`);
        await store.removeMessage(queue, name);
        continue;
      }
      try {
        await deliver(found.value, ending.signal);
        await store.removeMessage(queue, name);
      } catch (error) {
        ending.signal.throwIfAborted();
        const isOld = now() - Date.parse(found.value.at) > day;
        log.warn(isOld ? `A message is given up: ${found.value.summary}` : 'Not told yet', {
          error,
        });
        if (isOld) await store.removeMessage(queue, name);
        else left = true;
      }
    }
    return left;
  }

  async function serve(queue: (typeof queues)[number]): Promise<void> {
    let pause = pauses.first;
    while (!ending.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        queue.wake = resolve;
      });
      const left = await round(queue.name, queue.deliver).catch((error) => {
        if (!ending.signal.aborted) log.warn('Messages cannot be sent', { error });
        return true;
      });
      if (ending.signal.aborted) return;
      if (!left) pause = pauses.first;
      // Something new is tried at once; what was refused waits.
      await (left ? sleep(pause, undefined, ending).catch(() => {}) : woken);
      if (left) pause = Math.min(2 * pause, pauses.longest);
    }
  }

  return {
    async announce(message) {
      const name = `${message.at.replaceAll(/[^0-9TZ]/g, '')}-${message.id}`;
      for (const queue of queues) {
        await store.putMessage(queue.name, name, message);
        queue.wake();
      }
    },
    start() {
      loops.push(...queues.map(serve));
    },
    async stop() {
      ending.abort();
      for (const queue of queues) queue.wake();
      await Promise.all(loops);
    },
  };
}
