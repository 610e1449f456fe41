import { extname } from 'node:path/posix';
import { WorldError } from '@atelier/errors';
import type { z } from 'zod';
import { type Document, getDocument } from './documents.ts';
import type { Objects, StoredObject } from './objects.ts';

export interface RunFiles {
  /** Writes `runs/<run>/<name>` with the content type that its extension stands for. */
  putRunFile(run: string, name: string, content: Uint8Array): Promise<void>;
  /** Writes it only if it does not exist; false where it does. */
  createRunFile(run: string, name: string, content: Uint8Array): Promise<boolean>;
  /** Writes it only if it is still the one of this ETag; false where it is another one, or gone. */
  replaceRunFile(run: string, name: string, content: Uint8Array, etag: string): Promise<boolean>;
  /**
   * Undefined where there is none.
   * @throws WorldError for a file that is longer than any that Atelier writes
   */
  getRunFile(run: string, name: string): Promise<Buffer | undefined>;
  /** Whether there is this file, whatever it holds. */
  hasRunFile(run: string, name: string): Promise<boolean>;
  /**
   * A JSON file's bytes, ETag and value, or what is wrong with it; undefined where there is none.
   * Whoever can write to the bucket can have written it.
   */
  readRunDocument<T>(
    run: string,
    name: string,
    schema: z.ZodType<T>,
  ): Promise<Document<T> | undefined>;
  /** Files of a run, their keys relative to `runs/<run>/`. */
  listRunFiles(run: string): Promise<StoredObject[]>;
  /** Writes `runs/index.html`, the page of all runs. */
  putRunsPage(content: Uint8Array): Promise<void>;
  /** The first bytes of the page of all runs; undefined where there is none. */
  startOfRunsPage(bytes: number): Promise<Buffer | undefined>;
  /** Run ids, in alphabetical order. */
  listRuns(): Promise<string[]>;
  /** An address that opens a run's file in a browser for a while, without credentials. */
  runFileUrl(run: string, name: string, seconds?: number): Promise<string>;
}

const runsPage = 'runs/index.html';

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.safetensors': 'application/octet-stream',
};

export const contentTypeOf = (name: string): string =>
  contentTypes[extname(name)] ?? 'application/octet-stream';

const day = 86_400;

/** Bytes: reports of large images have some ten million. */
const longestFile = 1024 ** 3;

export function openRunFiles(objects: Objects): RunFiles {
  const path = (run: string, name: string): string => `runs/${run}/${name}`;
  const typed = (name: string) => ({ contentType: contentTypeOf(name) });
  return {
    async putRunFile(run, name, content) {
      await objects.put(path(run, name), content, typed(name));
    },
    async createRunFile(run, name, content) {
      const options = { ...typed(name), when: 'absent' as const };
      return (await objects.put(path(run, name), content, options)) !== undefined;
    },
    async replaceRunFile(run, name, content, etag) {
      const options = { ...typed(name), when: { etag } };
      return (await objects.put(path(run, name), content, options)) !== undefined;
    },
    async getRunFile(run, name) {
      const found = await objects.get(path(run, name), longestFile);
      if (found === undefined || found.content !== undefined) return found?.content;
      throw new WorldError({
        what: 'A file of a run is longer than any that Atelier writes.',
        where: `${objects.bucket}/${path(run, name)}`,
        expected: `at most ${longestFile} bytes`,
        found: `${found.bytes} bytes`,
        remedy: 'move it away',
      });
    },
    hasRunFile: async (run, name) => (await objects.size(path(run, name))) !== undefined,
    readRunDocument: (run, name, schema) => getDocument(objects, path(run, name), schema),
    async listRunFiles(run) {
      const prefix = path(run, '');
      const files = await objects.list(prefix);
      return files.map((file) => ({ ...file, key: file.key.slice(prefix.length) }));
    },
    async putRunsPage(content) {
      await objects.put(runsPage, content, typed('index.html'));
    },
    startOfRunsPage: async (bytes) => (await objects.getPart(runsPage, 0, bytes))?.content,
    async listRuns() {
      return (await objects.listFolders('runs/')).sort();
    },
    // 7 days is the longest that S3 signs for.
    runFileUrl: (run, name, seconds = 7 * day) => objects.presign(path(run, name), seconds),
  };
}
