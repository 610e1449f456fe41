import { extname } from 'node:path/posix';
import type { Objects, StoredObject } from './objects.ts';

export interface RunFiles {
  /** Writes `runs/<run>/<name>` with the content type that its extension stands for. */
  putRunFile(run: string, name: string, content: Uint8Array): Promise<void>;
  /** Writes it only if it does not exist; false where it does. */
  createRunFile(run: string, name: string, content: Uint8Array): Promise<boolean>;
  getRunFile(run: string, name: string): Promise<Buffer | undefined>;
  /** Files of a run, their keys relative to `runs/<run>/`. */
  listRunFiles(run: string): Promise<StoredObject[]>;
  /** Run ids, in alphabetical order. */
  listRuns(): Promise<string[]>;
  /** An address that opens a run's file in a browser for a while, without credentials. */
  runFileUrl(run: string, name: string, seconds?: number): Promise<string>;
}

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.safetensors': 'application/octet-stream',
};

const day = 86_400;

export function openRunFiles(objects: Objects): RunFiles {
  const path = (run: string, name: string): string => `runs/${run}/${name}`;
  const typed = (name: string) => ({
    contentType: contentTypes[extname(name)] ?? 'application/octet-stream',
  });
  return {
    async putRunFile(run, name, content) {
      await objects.put(path(run, name), content, typed(name));
    },
    async createRunFile(run, name, content) {
      const options = { ...typed(name), when: 'absent' as const };
      return (await objects.put(path(run, name), content, options)) !== undefined;
    },
    async getRunFile(run, name) {
      return (await objects.get(path(run, name)))?.content;
    },
    async listRunFiles(run) {
      const prefix = path(run, '');
      const files = await objects.list(prefix);
      return files.map((file) => ({ ...file, key: file.key.slice(prefix.length) }));
    },
    async listRuns() {
      return (await objects.listFolders('runs/')).sort();
    },
    // 7 days is the longest that S3 signs for.
    runFileUrl: (run, name, seconds = 7 * day) => objects.presign(path(run, name), seconds),
  };
}
