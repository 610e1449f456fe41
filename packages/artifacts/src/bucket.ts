import { UserError } from '@atelier/errors';
import type { Objects } from './objects.ts';

const probe = 'probe/writable';

/**
 * Shows that the bucket can be written, making it where it is missing and may be made.
 * @throws UserError for refused credentials, a bucket that cannot be made or written
 */
export async function ensureBucket(objects: Objects): Promise<void> {
  const write = () =>
    objects.put(probe, Buffer.from('Atelier may write here.\n'), { contentType: 'text/plain' });
  // Writing first, because answers to HEAD carry no reason.
  await write().catch(async (error) => {
    if (!isMissing(error)) throw error;
    await objects.makeBucket();
    await write();
  });
  await objects.remove(probe);
}

/**
 * Whether there is a bucket that may be read; changes nothing.
 * @throws UserError for refused credentials
 */
export async function hasBucket(objects: Objects): Promise<boolean> {
  try {
    await objects.listFolders('runs/');
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof UserError && (error.cause as { code?: string }).code === 'NoSuchBucket';
