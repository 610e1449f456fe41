import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Credentials, readCredentials } from '@atelier/environment';

const rootCredentialsPath = (home: string): string => join(home, 'credentials.json');

/**
 * The identity that the local MinIO is started with: random, made once, readable by this user only.
 * It makes the store's other identities, and nothing else works under it: see makeIdentities.
 */
export async function ensureRootCredentials(home: string): Promise<Credentials> {
  const path = rootCredentialsPath(home);
  if (!existsSync(path)) await createCredentials(path);
  await chmod(path, 0o600);
  return readCredentials(path);
}

async function createCredentials(path: string): Promise<void> {
  const credentials: Credentials = {
    accessKey: `atelier-${randomBytes(6).toString('hex')}`,
    secretKey: randomBytes(24).toString('base64url'),
  };
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify(credentials, null, 2), { mode: 0o600, flush: true });
  // A link, because it never replaces credentials that another process made meanwhile.
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft, { force: true });
}
