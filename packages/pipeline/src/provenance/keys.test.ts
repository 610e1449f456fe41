import { generateKeyPairSync, verify } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyId } from './envelope.ts';
import { readPrivateKey, readPublicKey, writeNewKey } from './keys.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-keys-'));
  path = join(folder, 'me.pem');
});
afterEach(() => rm(folder, { recursive: true }));

test("a new pair is the owner's alone, belongs together, and replaces nothing", async () => {
  await writeNewKey(path);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const ids = [await readPrivateKey(path), await readPublicKey(`${path}.pub`)].map(keyId);
  expect(ids[0]).toBe(ids[1]);
  const before = await readFile(path, 'utf8');
  await expect(writeNewKey(path)).rejects.toThrow(/a file already/);
  expect(await readFile(path, 'utf8')).toBe(before);
});

test('the public half of a private key verifies as well', async () => {
  await writeNewKey(path);
  const [own, pub] = [await readPublicKey(path), await readPublicKey(`${path}.pub`)];
  expect(keyId(own)).toBe(keyId(pub));
  expect(own.type).toBe('public');
  expect(verify(null, Buffer.from('x'), own, Buffer.alloc(64))).toBe(false);
});

test('a private key that others may read is refused', async () => {
  await writeNewKey(path);
  await chmod(path, 0o640);
  await expect(readPrivateKey(path)).rejects.toThrow(/other users[\s\S]*mode 640/);
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const encrypted = generateKeyPairSync('ed25519').privateKey.export({
  ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hush' },
});

test.each([
  ['a key of another kind', rsa.export({ type: 'pkcs8', format: 'pem' }), /kind rsa/],
  ['a key behind a passphrase', encrypted, /without a passphrase/],
  ['no key', 'a secret of another kind', /no usable private key/],
])('%s is refused, and not shown', async (_, content, message) => {
  await writeFile(path, content, { mode: 0o600 });
  const attempt = readPrivateKey(path);
  await expect(attempt).rejects.toMatchObject({ name: 'UserError' });
  await expect(attempt).rejects.toThrow(message);
  await expect(attempt).rejects.not.toThrow(/another kind of|a secret/);
});

test('a key that is not there is named', async () => {
  await expect(readPublicKey(path)).rejects.toThrow(/public key[\s\S]*me\.pem[\s\S]*no such file/);
});
