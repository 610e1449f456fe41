import { sha256 } from './fingerprint.ts';
import type { Objects } from './objects.ts';

/**
 * Moves an object that cannot be trusted out of the way, to `set-aside/<key>.<digest>`, where
 * it can be looked into. Nothing is ever silently deleted.
 * @returns the new key, or undefined where the object is gone already
 */
export async function setAside(objects: Objects, key: string): Promise<string | undefined> {
  const found = await objects.get(key);
  if (found === undefined) return undefined;
  const target = `set-aside/${key}.${sha256(found.content).slice(0, 12)}`;
  await objects.put(target, found.content);
  await objects.remove(key);
  return target;
}
