import { putDocument } from './documents.ts';
import type { Objects } from './objects.ts';

/** What was read under a key and found bad, by its ETag. */
interface Judged {
  etag: string;
}

/**
 * Moves an object that cannot be trusted out of the way, to `set-aside/<key>.<ETag>`, where it can
 * be looked into. Nothing is ever silently deleted. What has taken its place since it was judged
 * stays: another run may have repaired it.
 * @returns the new key, or undefined where the object is gone or another one by now
 */
export async function setAside(
  objects: Objects,
  key: string,
  judged: Judged,
): Promise<string | undefined> {
  const target = await keepCopy(objects, key, judged);
  if (target === undefined) return undefined;
  // Copying takes a while. That leaves the moment between this look and the removal, because
  // conditional deletion is not everywhere: MinIO deletes whatever the condition.
  if ((await objects.etag(key)) !== judged.etag) return undefined;
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
  judged: Judged,
  value: unknown,
): Promise<string | undefined> {
  await keepCopy(objects, key, judged);
  return putDocument(objects, key, value, { etag: judged.etag });
}

/**
 * Puts a document in the place of the one that was read, by compare-and-swap; one that could not be
 * read is kept under `set-aside/`.
 * @param from undefined: there was none
 * @returns the new ETag, or undefined where somebody else was faster
 */
export async function exchange(
  objects: Objects,
  key: string,
  from: (Judged & { problem?: string | undefined }) | undefined,
  value: unknown,
): Promise<string | undefined> {
  if (from === undefined) return putDocument(objects, key, value, 'absent');
  if (from.problem !== undefined) return replace(objects, key, from, value);
  return putDocument(objects, key, value, { etag: from.etag });
}

/**
 * Copies an object to `set-aside/`, within the service: however long it is, it does not come here.
 * @returns the copy's key, or undefined where the object is gone or another one by now
 */
export async function keepCopy(
  objects: Objects,
  key: string,
  { etag }: Judged,
): Promise<string | undefined> {
  const target = `set-aside/${key}.${etag.slice(0, 12)}`;
  return (await objects.copy(key, target, etag)) ? target : undefined;
}
