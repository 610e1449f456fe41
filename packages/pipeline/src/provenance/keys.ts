import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { UserError } from '@atelier/errors';
import { fileFailure, readText } from '@atelier/files';

const kinds = {
  private: {
    name: 'private key',
    expected: 'an ed25519 key in PEM form (PKCS 8, without a passphrase)',
    remedy:
      '`npx atelier sign RUN --key FILE --new-key` makes a pair, as `openssl genpkey -algorithm ed25519` does',
  },
  public: {
    name: 'public key',
    expected: 'an ed25519 key in PEM form',
    remedy:
      'name the file FILE.pub that `atelier sign --key FILE --new-key` wrote, or the output of `openssl pkey -pubout`',
  },
} as const;

/**
 * The key that signs.
 * @throws UserError where it is none, or where others may read it as well
 */
export async function readPrivateKey(path: string): Promise<KeyObject> {
  const key = await readKey(path, 'private');
  const mode = (await stat(path)).mode & 0o777;
  if ((mode & 0o077) === 0) return key;
  throw new UserError({
    what: 'The private key may be read by other users of this machine.',
    where: path,
    expected: 'mode 600',
    found: `mode ${mode.toString(8)}`,
    remedy: `\`chmod 600 ${path}\`; sign with a new key if somebody may have read it`,
  });
}

/** The key that verifies; of a private one, its public half. @throws UserError where it is none */
export const readPublicKey = (path: string): Promise<KeyObject> => readKey(path, 'public');

async function readKey(path: string, kind: keyof typeof kinds): Promise<KeyObject> {
  const text = readText(path, kinds[kind]);
  const { name, expected, remedy } = kinds[kind];
  const refused = (found: string, cause?: unknown) =>
    new UserError(
      { what: `This is no usable ${name}.`, where: path, expected, found, remedy },
      { cause },
    );
  let key: KeyObject;
  try {
    key = kind === 'private' ? createPrivateKey(text) : createPublicKey(text);
  } catch (error) {
    // Never the text: it may be a secret of another kind.
    throw refused((error as NodeJS.ErrnoException).code ?? 'something else', error);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw refused(`a key of kind ${key.asymmetricKeyType}`);
}

/** Writes a new private key, for this user alone, and beside it FILE.pub. Replaces no file. */
export async function writeNewKey(path: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeNew(path, privateKey, 0o600);
  await writeNew(`${path}.pub`, publicKey, 0o644);
}

async function writeNew(path: string, content: string, mode: number): Promise<void> {
  await writeFile(path, content, { flag: 'wx', mode }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw fileFailure(error, path, 'the new key (--key)');
    throw new UserError({
      what: 'There is a file already where the new key should go.',
      where: path,
      remedy: 'name another file, or leave --new-key out to sign with this one',
    });
  });
}
