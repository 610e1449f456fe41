import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credentials } from '@atelier/environment';
import { WorldError } from '@atelier/errors';

/** A MinIO that listens may still be reading its users: it answers 503 until it has. */
const READY_MS = 30_000;
const TIMEOUT_MS = 10_000;

/** The administration of a MinIO, by the identity that it was started with. */
export interface MinioAdmin {
  endpoint: string;
  region: string;
  root: Credentials;
}

/**
 * Makes a user of MinIO, or gives the one of this name this secret, and lets it do what the policy
 * allows and nothing else. Doing so again changes nothing.
 * @throws WorldError where MinIO does not do it
 */
export async function putUser(
  admin: MinioAdmin,
  { accessKey, secretKey }: Credentials,
  policy: object,
): Promise<void> {
  const user = Buffer.from(JSON.stringify({ secretKey, status: 'enabled' }));
  await callAdmin(admin, 'add-user', { accessKey }, encryptForAdmin(admin.root.secretKey, user));
  // A policy of the user's own, under the user's name.
  const named = Buffer.from(JSON.stringify(policy));
  const attached = { policyName: accessKey, userOrGroup: accessKey, isGroup: 'false' };
  const deadline = performance.now() + READY_MS;
  for (;;) {
    await callAdmin(admin, 'add-canned-policy', { name: accessKey }, named);
    const answer = await askAdmin(admin, 'set-user-or-group-policy', attached, Buffer.alloc(0));
    if (answer.status === 200) return;
    // What it is told while it reads its users, it may forget when it has read them.
    const isForgotten = answer.code === 'XMinioAdminNoSuchPolicy' && performance.now() < deadline;
    if (!isForgotten) throw refused(answer);
    await sleep(50);
  }
}

/**
 * Makes the bucket where it is missing, so that whoever only reads finds no runs instead of no bucket.
 * One that cannot be made, as of a name that no bucket may have, is named by whoever uses it.
 */
export async function makeBucket({ endpoint, region, root }: MinioAdmin, bucket: string) {
  await put(new URL(`${endpoint}/${bucket}`), region, root, Buffer.alloc(0));
}

/** @throws WorldError where MinIO refuses, or does not answer */
export async function callAdmin(...asked: Parameters<typeof askAdmin>): Promise<void> {
  const answer = await askAdmin(...asked);
  if (answer.status !== 200) throw refused(answer);
}

interface AdminAnswer {
  url: URL;
  /** 0 where there is none. */
  status: number;
  /** MinIO's name of what is wrong, or its words. */
  code: string;
}

const refused = ({ url, status, code }: AdminAnswer): WorldError =>
  new WorldError({
    what: 'MinIO does not make the identities of the local store',
    where: url.origin + url.pathname,
    found: `${status} ${code}`.trim(),
    remedy: 'Look into `npx atelier logs minio`, then try again.',
  });

function askAdmin(
  { endpoint, region, root }: MinioAdmin,
  operation: string,
  query: Record<string, string>,
  body: Buffer,
): Promise<AdminAnswer> {
  const url = new URL(`${endpoint}/minio/admin/v3/${operation}`);
  url.search = new URLSearchParams(query).toString();
  url.searchParams.sort();
  return put(url, region, root, body);
}

/** Asks until MinIO has read its users. */
async function put(
  url: URL,
  region: string,
  root: Credentials,
  body: Buffer,
): Promise<AdminAnswer> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const { status, text } = await send(url, signed(url, region, root, body), body).catch(
      (error: Error) => ({ status: 0, text: error.message }),
    );
    if (status !== 503 || performance.now() >= deadline)
      return { url, status, code: /"Code":"(\w+)"/.exec(text)?.[1] ?? text.slice(0, 200) };
    await sleep(50);
  }
}

/** By an agent of its own: Node's may be told to take a proxy, for loopback too. */
function send(
  url: URL,
  headers: Record<string, string>,
  body: Buffer,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { method: 'PUT', headers, agent: new Agent(), timeout: TIMEOUT_MS };
    const outgoing = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`silent for ${TIMEOUT_MS} ms`)));
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** The headers of a PUT, signed as AWS Signature Version 4 wants it of S3. */
function signed(
  url: URL,
  region: string,
  { accessKey, secretKey }: Credentials,
  body: Buffer,
): Record<string, string> {
  const time = new Date().toISOString().replace(/[-:]|[.]\d{3}/g, '');
  const scope = [time.slice(0, 8), region, 's3', 'aws4_request'];
  const digest = sha256(body);
  const headers = { host: url.host, 'x-amz-content-sha256': digest, 'x-amz-date': time };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  const canonical = ['PUT', url.pathname, url.search.slice(1), ...lines, '', names, digest];
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical.join('\n'))];
  const key = scope.reduce<Buffer>(hmac, Buffer.from(`AWS4${secretKey}`));
  const signature = hmac(key, toSign.join('\n')).toString('hex');
  const credential = `${accessKey}/${scope.join('/')}`;
  return {
    ...headers,
    'content-length': `${body.length}`,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

const sha256 = (content: Buffer | string): string =>
  createHash('sha256').update(content).digest('hex');

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const PBKDF2_ROUNDS = 8192;
const PBKDF2_AES_GCM = 0x02;
/** Marks a fragment as the last one; contents here are smaller than the 16 KiB of one. */
const LAST = 0x80;

/**
 * Encrypts what a request of MinIO's administration carries: salt, algorithm, nonce, then one
 * fragment of AES-256-GCM under a key derived from the requester's secret
 * (madmin-go, encrypt.go; sio-go, writer.go).
 */
export function encryptForAdmin(secret: string, content: Buffer): Buffer {
  const salt = randomBytes(32);
  const nonce = randomBytes(8);
  const key = pbkdf2Sync(secret, salt, PBKDF2_ROUNDS, 32, 'sha256');
  const seal = (sequence: number, plain: Buffer, associated: Buffer): Buffer => {
    const iv = Buffer.concat([nonce, Buffer.alloc(4)]);
    iv.writeUInt32LE(sequence, nonce.length);
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(associated);
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  };
  const empty = Buffer.alloc(0);
  const header = seal(0, empty, empty);
  const fragment = seal(1, content, Buffer.concat([Buffer.of(LAST), header]));
  return Buffer.concat([salt, Buffer.of(PBKDF2_AES_GCM), nonce, fragment]);
}
