import type { z } from 'zod';
import { type Document, getDocument, putDocument } from './documents.ts';
import type { Objects } from './objects.ts';

/** Append-only logs: `registry/<log>/000001.json` and so on, each entry written once. */
export interface Logs {
  /** An entry, or what is wrong with it; undefined where there is none. */
  readEntry<T>(log: string, number: number, schema: z.ZodType<T>): Promise<Document<T> | undefined>;
  /**
   * Writes an entry only if there is none of this number.
   * @param number of the last entry and one more, so that there are no gaps
   * @returns false where somebody else was faster
   */
  createEntry(log: string, number: number, entry: unknown): Promise<boolean>;
  /** The numbers of all entries, in order. */
  listEntries(log: string): Promise<number[]>;
  /** The names right below `registry/<folder>/` that have something below them. */
  listLogs(folder: string): Promise<string[]>;
}

/** Bytes: of 256 classes and a million images that were decided on, an entry has a quarter of that. */
const longestEntry = 1024 ** 2;

const folderOf = (log: string): string => `registry/${log}/`;

export const entryKey = (log: string, number: number): string =>
  `${folderOf(log)}${String(number).padStart(6, '0')}.json`;

export function openLogs(objects: Objects): Logs {
  return {
    readEntry: (log, number, schema) =>
      getDocument(objects, entryKey(log, number), schema, longestEntry),
    createEntry: async (log, number, entry) =>
      (await putDocument(objects, entryKey(log, number), entry, 'absent')) !== undefined,
    async listEntries(log) {
      const files = await objects.listFiles(folderOf(log));
      const numbers = files.flatMap(({ key }) => /\/(\d{6,})\.json$/.exec(key)?.[1] ?? []);
      return numbers.map(Number).sort((a, b) => a - b);
    },
    listLogs: async (folder) => (await objects.listFolders(folderOf(folder))).sort(),
  };
}
