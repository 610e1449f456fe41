import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Objects } from '@atelier/artifacts';
import { UserError, WorldError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import { mostBytes, type Origin } from './origin.ts';

/** Bytes of one request: a few of them are in memory. */
const pieceBytes = 16 * 2 ** 20;

/**
 * The objects below a prefix of a bucket. What arrives is held against the ETag and the size of the
 * object, which may be replaced while it is read.
 * @param prefix empty, or with `/` at its end
 */
export function s3Origin(objects: Objects, prefix: string): Origin {
  const address = `s3://${objects.bucket}/${prefix}`;
  const etags = new Map<string, string>();
  return {
    address,
    async list() {
      await objects.eachObject(prefix, ({ key, etag }) => {
        const name = key.slice(prefix.length);
        // What stands for a folder in consoles.
        if (name !== '' && !name.endsWith('/')) etags.set(plainName(name, address), etag);
      });
      return [...etags.keys()];
    },
    async fetch(name, { path, known, signal }) {
      const key = `${prefix}${name}`;
      const url = `${address}${name}`;
      const etag = etags.get(name) ?? (await objects.etag(key));
      if (etag === undefined) return undefined;
      if (known?.url === url && known.etag === etag) return known;
      const received = await receive(objects, { key, url, path, signal });
      if (received === undefined) return undefined;
      const now = await objects.etag(key);
      if (now !== etag)
        throw new WorldError({
          what: 'An object was replaced while it was read.',
          where: url,
          expected: `ETag ${etag}`,
          found: now === undefined ? 'no such object' : `ETag ${now}`,
          remedy: 'try again when nobody writes there',
        });
      return { url, etag, ...received };
    },
  };
}

async function receive(
  objects: Objects,
  { key, url, path, signal }: { key: string; url: string; path: string; signal: AbortSignal },
): Promise<{ bytes: number; sha256: string } | undefined> {
  const hash = createHash('sha256');
  const onDisk = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error) => {
      throw fileFailure(error, path);
    });
  const file = await onDisk(open(path, 'wx'));
  try {
    let bytes = 0;
    for (let total = Number.POSITIVE_INFINITY; bytes < total; ) {
      signal.throwIfAborted();
      const piece = await objects.getPart(key, bytes, pieceBytes);
      if (piece === undefined) return undefined;
      total = piece.total;
      if (total > mostBytes) throw tooLong(url, total);
      bytes += piece.content.length;
      hash.update(piece.content);
      await onDisk(file.appendFile(piece.content));
    }
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

const tooLong = (url: string, bytes: number): UserError =>
  new UserError({
    what: 'An object is larger than a file can be that is imported.',
    where: url,
    expected: `at most ${mostBytes} bytes`,
    found: `${bytes} bytes`,
    remedy: 'name a smaller one, or a folder of pictures',
  });

/** @throws UserError where a key could lead elsewhere as a path */
function plainName(name: string, address: string): string {
  const parts = name.split('/');
  const isPlain = parts.every(
    (part) => !['', '.', '..'].includes(part) && Buffer.byteLength(part) <= 255,
  );
  if (isPlain && !name.includes('\0')) return name;
  throw notAPath(name, address);
}

const notAPath = (name: string, address: string): UserError =>
  new UserError({
    what: 'The key of an object cannot be the path of a file.',
    where: `${address}${name}`,
    expected: 'names of at most 255 bytes with one / between them, none of them . or ..',
    found: name,
    remedy: 'rename the object, or name a longer prefix',
  });
