import { UserError } from '@atelier/errors';
import { z } from 'zod';
import { getDocument, namesIn } from './documents.ts';
import type { Objects } from './objects.ts';
import { exchange } from './set-aside.ts';

/** A pointer's target and the version that a compare-and-swap must name. */
export interface Pointer {
  /** Null where what lies there is not readable. */
  target: z.core.util.JSONType;
  version: string;
  /** Why it is not readable: it points nowhere then, and whoever moves it sets it aside. */
  problem?: string;
}

/** A pointer whose target is not what it should be: whoever moves it sets it aside, too. */
export const misled = (pointer: Pointer, problem: string): Pointer => ({
  ...pointer,
  problem: pointer.problem ?? problem,
});

export interface Pointers {
  /**
   * Undefined where there is none.
   * @throws UserError where a later release wrote it, which this one must not overwrite
   */
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
  /** The names of the pointers right below `registry/<folder>/`, in alphabetical order. */
  listPointers(folder: string): Promise<string[]>;
}

/** A pointer that names no schemaVersion is of the first. */
const knownVersion = 1;

const versioned = z.looseObject({ schemaVersion: z.number() });

export function openPointers(objects: Objects): Pointers {
  const keyOf = (name: string): string => `registry/${name}.json`;
  return {
    async readPointer(name) {
      const key = keyOf(name);
      const found = await getDocument(objects, key, z.json());
      if (found === undefined) return undefined;
      const { etag: version, problem } = found;
      if (problem !== undefined) return { target: null, version, problem };
      checkVersion(found.value, `${objects.bucket}/${key}`);
      return { target: found.value, version };
    },
    movePointer(name, from, target) {
      const seen = from && { etag: from.version, problem: from.problem };
      return exchange(objects, keyOf(name), seen, target);
    },
    async listPointers(folder) {
      const prefix = `registry/${folder}/`;
      return namesIn(await objects.listFiles(prefix), prefix);
    },
  };
}

function checkVersion(target: Pointer['target'], where: string): void {
  const found = versioned.safeParse(target).data?.schemaVersion ?? knownVersion;
  if (found <= knownVersion) return;
  throw new UserError({
    what: 'A pointer was written by a later release of Atelier.',
    where,
    expected: `schemaVersion ${knownVersion}, or none`,
    found: `schemaVersion ${found}`,
    remedy:
      'use that release here, too, then retry; or move the pointer away, which makes a new one',
  });
}
