import type { z } from 'zod';
import { type Document, getDocument } from './documents.ts';
import type { Objects } from './objects.ts';
import { contentTypeOf } from './run-files.ts';
import { exchange } from './set-aside.ts';

/**
 * Files at an address that stays while their content changes, for services that know nothing of
 * Atelier: `champion/<folder>/<name>`, and a manifest of their digests, which is written last.
 */
export interface PublishedFiles {
  /** The manifest, or what is wrong with it; undefined where there is none. */
  readManifest<T>(folder: string, schema: z.ZodType<T>): Promise<Document<T> | undefined>;
  /**
   * Writes the manifest only if it is still what `from` was (undefined: does not exist). One that
   * could not be read is kept under `set-aside/`.
   * @returns false where somebody else wrote it first
   */
  writeManifest(
    folder: string,
    from: Document<unknown> | undefined,
    manifest: unknown,
  ): Promise<boolean>;
  /** Undefined where there is none, or it has more than `atMost` bytes. */
  readPublished(folder: string, name: string, atMost: number): Promise<Buffer | undefined>;
  putPublished(folder: string, name: string, content: Uint8Array): Promise<void>;
}

export function openPublishedFiles(objects: Objects): PublishedFiles {
  const keyOf = (folder: string, name: string): string => `champion/${folder}/${name}`;
  const manifestOf = (folder: string): string => keyOf(folder, 'manifest.json');
  return {
    readManifest: (folder, schema) => getDocument(objects, manifestOf(folder), schema),
    writeManifest: async (folder, from, manifest) =>
      (await exchange(objects, manifestOf(folder), from, manifest)) !== undefined,
    readPublished: async (folder, name, atMost) =>
      (await objects.get(keyOf(folder, name), atMost))?.content,
    async putPublished(folder, name, content) {
      await objects.put(keyOf(folder, name), content, { contentType: contentTypeOf(name) });
    },
  };
}
