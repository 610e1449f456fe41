import type { z } from 'zod';
import { type Document, getDocument, namesIn } from './documents.ts';
import { sha256 } from './fingerprint.ts';
import type { Objects } from './objects.ts';
import { keepCopy } from './set-aside.ts';

/** Lists that can be made again from what they list, in parts that are changed by compare-and-swap. */
export interface IndexDocuments {
  /** The names of an index's parts, in alphabetical order. */
  indexParts(index: string): Promise<string[]>;
  /** A part of an index, or what is wrong with it; undefined where there is none. */
  readIndexPart<T>(
    index: string,
    part: string,
    schema: z.ZodType<T>,
  ): Promise<Document<T> | undefined>;
  /** Another text as soon as a part of the index is another one; undefined where there is none. */
  indexVersion(index: string): Promise<string | undefined>;
  /**
   * Writes a part only if it is still what `from` was (undefined: does not exist). One that could
   * not be read is kept under `set-aside/`.
   * @param content JSON
   * @returns false where somebody else wrote it first
   */
  writeIndexPart(
    index: string,
    part: string,
    from: Document<unknown> | undefined,
    content: Uint8Array,
  ): Promise<boolean>;
}

/** Bytes: fifty thousand rows of 300 bytes have half as many. */
const longestPart = 32 * 1024 ** 2;

export function openIndexDocuments(objects: Objects): IndexDocuments {
  const folder = (index: string): string => `index/${index}/`;
  const keyOf = (index: string, part: string): string => `${folder(index)}${part}.json`;
  return {
    indexParts: async (index) => namesIn(await objects.listFiles(folder(index)), folder(index)),
    readIndexPart: (index, part, schema) =>
      getDocument(objects, keyOf(index, part), schema, longestPart),
    async indexVersion(index) {
      const parts = await objects.listFiles(folder(index));
      const lines = parts.map(({ key, etag }) => `${key} ${etag}\n`);
      return parts.length === 0 ? undefined : sha256(lines.sort().join(''));
    },
    async writeIndexPart(index, part, from, content) {
      const key = keyOf(index, part);
      if (from?.problem !== undefined) await keepCopy(objects, key, from);
      const when = from === undefined ? ('absent' as const) : { etag: from.etag };
      const options = { contentType: 'application/json', when };
      return (await objects.put(key, content, options)) !== undefined;
    },
  };
}
