import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Objects } from './objects.ts';

interface Held {
  content: Buffer;
  etag: string;
  modified: Date;
}

/** What is about to be asked of a store. */
export interface Call {
  /** The name of the method of {@link Objects}. */
  method: keyof Objects;
  /** The key or the prefix. */
  key: string;
}

export interface MemoryObjects extends Objects {
  readonly held: Map<string, Held>;
  /** Puts an object there, at once. */
  seed(key: string, content: Buffer): void;
}

/**
 * An object store in memory, as consistent as S3: for tests that hold every order of calls against
 * each other. What is said of S3 itself is tried on real servers.
 * @param before awaited before every call takes effect, all at once
 * @param clock milliseconds since 1970, for when an object was written
 */
export function memoryObjects(
  before: (call: Call) => Promise<void> = async () => {},
  clock: () => number = Date.now,
  held = new Map<string, Held>(),
): MemoryObjects {
  const listed = (prefix: string) =>
    [...held].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
  const object = ([key, { content, modified, etag }]: [string, Held]) => ({
    ...{ key, bytes: content.length, modified, etag },
  });
  const below = (prefix: string, key: string): string => key.slice(prefix.length);
  const keep = (key: string, content: Buffer): string => {
    const etag = createHash('md5').update(content).digest('hex');
    held.set(key, { content, etag, modified: new Date(clock()) });
    return etag;
  };
  return {
    held,
    seed: keep,
    bucket: 'memory',
    async get(key, atMost) {
      await before({ method: 'get', key });
      const found = held.get(key);
      if (found === undefined) return undefined;
      const { content, etag } = found;
      return content.length <= atMost ? { content, etag } : { etag, bytes: content.length };
    },
    async putFile(key, path) {
      await before({ method: 'putFile', key });
      keep(key, await readFile(path));
    },
    async getPart(key, start, length) {
      await before({ method: 'getPart', key });
      const content = held.get(key)?.content;
      return content && { content: content.subarray(start, start + length), total: content.length };
    },
    async put(key, content, { when } = {}) {
      await before({ method: 'put', key });
      const found = held.get(key);
      if (when === 'absent' && found !== undefined) return undefined;
      if (typeof when === 'object' && found?.etag !== when.etag) return undefined;
      return keep(key, Buffer.from(content));
    },
    async size(key) {
      await before({ method: 'size', key });
      return held.get(key)?.content.length;
    },
    async etag(key) {
      await before({ method: 'etag', key });
      return held.get(key)?.etag;
    },
    async copy(key, target, etag) {
      await before({ method: 'copy', key });
      const found = held.get(key);
      if (found?.etag !== etag) return false;
      keep(target, found.content);
      return true;
    },
    async remove(key) {
      await before({ method: 'remove', key });
      held.delete(key);
    },
    async removeAll(keys) {
      await before({ method: 'removeAll', key: keys[0] ?? '' });
      for (const key of keys) held.delete(key);
    },
    async list(prefix) {
      await before({ method: 'list', key: prefix });
      return listed(prefix).map(object);
    },
    async eachObject(prefix, take) {
      await before({ method: 'eachObject', key: prefix });
      for (const each of listed(prefix).map(object)) await take(each);
    },
    async listFiles(prefix) {
      await before({ method: 'listFiles', key: prefix });
      return listed(prefix)
        .filter(([key]) => !below(prefix, key).includes('/'))
        .map(object);
    },
    async listFolders(prefix) {
      await before({ method: 'listFolders', key: prefix });
      const folders = listed(prefix)
        .map(([key]) => below(prefix, key))
        .filter((rest) => rest.includes('/'))
        .map((rest) => rest.slice(0, rest.indexOf('/')));
      return [...new Set(folders)];
    },
    presign: async (key) => `memory:${key}`,
    makeBucket: async () => {},
  };
}
