import { WorldError } from '@atelier/errors';
import { z } from 'zod';
import { getDocument, putDocument } from './documents.ts';
import type { Objects } from './objects.ts';

/** A pointer's target and the version that a compare-and-swap must name. */
export interface Pointer {
  target: z.core.util.JSONType;
  version: string;
}

export interface Pointers {
  readPointer(name: string): Promise<Pointer | undefined>;
  /**
   * Moves `registry/<name>.json` only if it is still what `from` was (undefined: does not exist).
   * @returns the new version, or undefined where somebody else moved it first
   */
  movePointer(
    name: string,
    from: Pointer | undefined,
    target: Pointer['target'],
  ): Promise<string | undefined>;
}

export function openPointers(objects: Objects): Pointers {
  const key = (name: string): string => `registry/${name}.json`;
  return {
    async readPointer(name) {
      const found = await getDocument(objects, key(name), z.json());
      if (found === undefined) return undefined;
      if (found.problem === undefined) return { target: found.value, version: found.etag };
      throw new WorldError({
        what: 'A pointer is not readable.',
        where: `${objects.bucket}/${key(name)}`,
        found: found.problem,
      });
    },
    movePointer: (name, from, target) =>
      putDocument(objects, key(name), target, from ? { etag: from.version } : 'absent'),
  };
}
