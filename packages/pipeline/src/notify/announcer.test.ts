import { type Outbox, parseDocument } from '@atelier/artifacts';
import type { Message } from '@atelier/notify/message';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Announcer, createAnnouncer, type Deliver } from './announcer.ts';

const message = (id: string, at = '2026-01-31T03:00:00.000Z'): Message => ({
  ...{ schemaVersion: 1, id, event: 'parked', at, summary: `Message ${id}.` },
  ...{ commands: [], results: {} },
});
const now = Date.parse('2026-01-31T04:00:00.000Z');

let kept: Map<string, Buffer>;
let store: Outbox;
let said: string[];
let running: Announcer[];
beforeEach(() => {
  kept = new Map();
  said = [];
  running = [];
  store = {
    async putMessage(queue, name, content) {
      kept.set(`${queue}/${name}`, Buffer.from(JSON.stringify(content)));
    },
    listMessages: async (queue) =>
      [...kept.keys()]
        .flatMap((key) => (key.startsWith(`${queue}/`) ? [key.slice(queue.length + 1)] : []))
        .sort(),
    async readMessage(queue, name, schema) {
      const content = kept.get(`${queue}/${name}`);
      return content && { etag: '', content, ...parseDocument(content, schema) };
    },
    async removeMessage(queue, name) {
      kept.delete(`${queue}/${name}`);
    },
  };
});
afterEach(() => Promise.all(running.map((announcer) => announcer.stop())));

function start(ways: Record<string, Deliver>): Announcer {
  const log = { warn: (text: string) => void said.push(text) };
  const pauses = { first: 1, longest: 4 };
  const announcer = createAnnouncer({ store, ways, log, now: () => now, pauses });
  running.push(announcer);
  announcer.start();
  return announcer;
}

test('what is refused is told again until it is taken, the rest meanwhile', async () => {
  const taken: string[] = [];
  let refusals = 3;
  const announcer = start({
    async webhook({ id }) {
      if (id === 'a' && refusals-- > 0) throw new Error('HTTP status 500');
      taken.push(id);
    },
  });
  for (const id of ['a', 'b']) await announcer.announce(message(id));
  await vi.waitFor(() => expect(taken.toSorted()).toEqual(['a', 'b']));
  await vi.waitFor(() => expect(kept.size).toBe(0));
  expect(taken[0]).toBe('b');
  expect(said.filter((text) => text === 'Not told yet')).toHaveLength(3);
});

test('one way that hangs keeps nothing from another, and ends with the worker', async () => {
  const taken: string[] = [];
  const announcer = start({
    webhook: (_, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    command: async ({ id }) => void taken.push(id),
  });
  await announcer.announce(message('a'));
  await vi.waitFor(() => expect(taken).toEqual(['a']));
  await announcer.stop();
  // It is there for the next worker, which begins with it.
  expect([...kept.keys()]).toEqual(['webhook/20260131T030000000Z-a']);
  start({ webhook: async ({ id }) => void taken.push(id) });
  await vi.waitFor(() => expect(taken).toEqual(['a', 'a']));
});

test('what nobody takes for a day, or can read, is given up and said', async () => {
  kept.set('webhook/2026-torn', Buffer.from('{"id":'));
  const announcer = start({ webhook: async () => Promise.reject(new Error('HTTP status 404')) });
  await announcer.announce(message('old', '2026-01-30T03:59:00.000Z'));
  await vi.waitFor(() => expect(kept.size).toBe(0));
  expect(said.join('\n')).toMatch(/webhook\/2026-torn cannot be read, it is no valid JSON/);
  expect(said).toContain('A message is given up: Message old.');
});

test('a store that is away for a while loses nothing', async () => {
  const { listMessages } = store;
  let failures = 2;
  store.listMessages = async (queue) => {
    if (failures-- > 0) throw new Error('away');
    return listMessages(queue);
  };
  const taken: string[] = [];
  const announcer = start({ webhook: async ({ id }) => void taken.push(id) });
  await announcer.announce(message('a'));
  await vi.waitFor(() => expect(taken).toEqual(['a']));
});
