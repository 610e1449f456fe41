import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Credentials, readCredentials } from '@atelier/environment';
import { writeWhole } from '@atelier/files';
import { type MinioAdmin, putUser } from './minio-admin.ts';

/**
 * What a process may do in the store: no more than its work needs. `writer` is the worker, and
 * commands that start or sign a run; `pruner` is for those that remove what is no longer wanted;
 * `reader` is every other command.
 */
export const storeRoles = ['writer', 'reader', 'pruner'] as const;

export type StoreRole = (typeof storeRoles)[number];

/** An identity of the local store for one bucket, readable by this user only. */
export const identityPath = (home: string, bucket: string, role: StoreRole): string =>
  join(home, 'credentials', bucket, `${role}.json`);

/**
 * Whether MinIO was told of this bucket's identities: their files are written after it was.
 * Undefined where they are still to be made.
 */
export const readIdentity = (
  home: string,
  bucket: string,
  role: StoreRole,
): Credentials | undefined =>
  storeRoles.every((each) => existsSync(identityPath(home, bucket, each)))
    ? readCredentials(identityPath(home, bucket, role))
    : undefined;

/** Makes the identities that are missing, and those that MinIO no longer knows. */
export async function makeIdentities(
  home: string,
  bucket: string,
  admin: MinioAdmin,
): Promise<void> {
  await Promise.all(storeRoles.map((role) => makeIdentity(home, bucket, role, admin)));
}

async function makeIdentity(home: string, bucket: string, role: StoreRole, admin: MinioAdmin) {
  const path = identityPath(home, bucket, role);
  const isThere = existsSync(path);
  const credentials = isThere ? readCredentials(path) : newCredentials(bucket, role);
  await putUser(admin, credentials, minioPolicy(role, bucket));
  if (isThere) return chmod(path, 0o600);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeWhole(path, JSON.stringify(credentials, null, 2), { mode: 0o600, flush: true });
}

/** A name that is always the same, so that a new secret ends the old one. */
const newCredentials = (bucket: string, role: StoreRole): Credentials => ({
  accessKey: `${role}-${createHash('sha256').update(bucket).digest('hex').slice(0, 12)}`,
  secretKey: randomBytes(24).toString('base64url'),
});

interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string[];
  Resource?: string[];
}

/** In the language of AWS IAM, which S3 services share. */
export interface Policy {
  Version: '2012-10-17';
  Statement: Statement[];
}

/** What each identity may do, for any S3 service; docs/operations.md shows them. */
export function storePolicy(role: StoreRole, bucket: string): Policy {
  const arn = `arn:aws:s3:::${bucket}`;
  const allow = (action: string, ...resources: string[]): Statement => ({
    Effect: 'Allow',
    Action: [action],
    Resource: resources,
  });
  const below = (...folders: string[]) => folders.map((folder) => `${arn}/${folder}/*`);
  const read = [allow('s3:ListBucket', arn), allow('s3:GetObject', `${arn}/*`)];
  const more: Record<StoreRole, Statement[]> = {
    reader: [],
    writer: [
      allow('s3:CreateBucket', arn),
      allow('s3:PutObject', `${arn}/*`),
      // What was judged bad is moved away; what was set aside stays, and no pointer goes.
      allow('s3:DeleteObject', ...below('blobs', 'stages', 'runs', 'outbox', 'probe')),
    ],
    pruner: [
      // It says what it is about to remove, and takes removed runs off the list.
      allow('s3:PutObject', ...below('retention', 'index')),
      allow('s3:DeleteObject', ...below('blobs', 'stages', 'runs', 'set-aside', 'retention')),
    ],
  };
  return { Version: '2012-10-17', Statement: [...read, ...more[role]] };
}

/** MinIO lets every user make keys of its own, which would outlive it being found out. */
function minioPolicy(role: StoreRole, bucket: string): Policy {
  const { Version, Statement } = storePolicy(role, bucket);
  return { Version, Statement: [...Statement, { Effect: 'Deny', Action: ['admin:*'] }] };
}
