import { putDocument } from './documents.ts';
import { sha256 } from './fingerprint.ts';
import type { Found, Objects } from './objects.ts';

/**
 * Moves an object that cannot be trusted out of the way, to `set-aside/<key>.<digest>`, where
 * it can be looked into. Nothing is ever silently deleted. What has taken its place since it was
 * judged stays: another run may have repaired it.
 * @param judged what was read under this key and found bad
 * @returns the new key, or undefined where the object is gone or another one by now
 */
export async function setAside(
  objects: Objects,
  key: string,
  judged: Found,
): Promise<string | undefined> {
  const isThere = async (): Promise<boolean> => (await objects.etag(key)) === judged.etag;
  if (!(await isThere())) return undefined;
  const target = await keepCopy(objects, key, judged);
  // Copying takes a while. That leaves the moment between this look and the removal, because
  // conditional deletion is not everywhere: MinIO deletes whatever the condition.
  if (!(await isThere())) return undefined;
  await objects.remove(key);
  return target;
}

/**
 * Puts a document in the place of what cannot be trusted, which is kept under `set-aside/`. By
 * compare-and-swap: whatever else has taken that place since stays.
 * @returns the new ETag, or undefined where the object is gone or another one by now
 */
export async function replace(
  objects: Objects,
  key: string,
  judged: Found,
  value: unknown,
): Promise<string | undefined> {
  await keepCopy(objects, key, judged);
  return putDocument(objects, key, value, { etag: judged.etag });
}

async function keepCopy(objects: Objects, key: string, { content }: Found): Promise<string> {
  const target = `set-aside/${key}.${sha256(content).slice(0, 12)}`;
  await objects.put(target, content);
  return target;
}
