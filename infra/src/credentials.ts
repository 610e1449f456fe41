import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, link, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@atelier/errors';
import { z } from 'zod';

const credentialsSchema = z.object({ accessKey: z.string().min(1), secretKey: z.string().min(1) });

/** S3 credentials as `.atelier/credentials.json` holds them. */
export type Credentials = z.infer<typeof credentialsSchema>;

export const credentialsPath = (home: string): string => join(home, 'credentials.json');

/** The local store's credentials: random, made once, readable by this user only. */
export async function ensureCredentials(home: string): Promise<Credentials> {
  const path = credentialsPath(home);
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

/** @throws UserError when the file is absent or not of the expected form */
export function readCredentials(path: string): Credentials {
  try {
    return credentialsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new UserError(
      {
        what: 'The S3 credentials could not be read',
        where: path,
        expected: 'a JSON file {"accessKey": …, "secretKey": …}',
        found: error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message,
      },
      { cause: error },
    );
  }
}
