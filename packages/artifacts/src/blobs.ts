import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { type Failure, WorldError } from '@atelier/errors';
import { fileFailure, sha256Of, writeWhole } from '@atelier/files';
import type { BlobRef } from './blob-ref.ts';
import { sha256 } from './fingerprint.ts';
import type { Found, Objects, TooLong } from './objects.ts';
import { setAside } from './set-aside.ts';
import { isForbidden } from './storage-errors.ts';

/** What is wrong with a blob. */
export type BlobFault = 'missing' | 'damaged';

/** A blob that is missing or not what its name says: whoever made it has to make it again. */
export class DamagedBlob extends WorldError {
  readonly ref: BlobRef;
  readonly fault: BlobFault;

  constructor(ref: BlobRef, fault: BlobFault, failure: Failure) {
    super(failure);
    this.ref = ref;
    this.fault = fault;
  }
}

export interface Blobs {
  /** Stores bytes under their digest; a whole blob that is there is kept, a damaged one replaced. */
  putBlob(bytes: Uint8Array, contentType?: string): Promise<BlobRef>;
  /** Stores the bytes of a file, of any length, as `putBlob` does. */
  putBlobFile(path: string): Promise<BlobRef>;
  /** The verified bytes. @throws DamagedBlob where it is missing or damaged; it is set aside then */
  getBlob(ref: BlobRef): Promise<Buffer>;
  /**
   * Writes the verified bytes, of any number, to a file, which appears complete or not at all.
   * @throws DamagedBlob as `getBlob`; a large one stays where it is, until it is stored again
   */
  getBlobToFile(ref: BlobRef, path: string): Promise<void>;
  /**
   * Some of a blob's bytes, not verified: enough to see what kind of file it is.
   * @param length at least 1
   * @returns fewer where the blob ends before; what is wrong where it is missing or of another size
   */
  getBlobPart(ref: BlobRef, start: number, length: number): Promise<Buffer | BlobFault>;
  /** Compares existence and size; with `content`, the digest, too. Undefined: nothing is wrong. */
  inspectBlob(ref: BlobRef, depth?: 'size' | 'content'): Promise<BlobFault | undefined>;
}

export const blobKey = ({ sha256: digest }: BlobRef): string =>
  `blobs/sha256/${digest.slice(0, 2)}/${digest}`;

/** Bytes of a blob that is held; a larger one is sent, and received, in parts. */
const wholeBytes = 2 ** 29;

/** Bytes of a request of what is not held. */
const pieceBytes = 2 ** 25;

export function openBlobs(objects: Objects, most = wholeBytes, pieceSize = pieceBytes): Blobs {
  const isWhole = (ref: BlobRef, found: Found | TooLong | undefined): found is Found =>
    found?.content?.length === ref.bytes && sha256(found.content) === ref.sha256;

  async function inspectBlob(ref: BlobRef, depth: 'size' | 'content' = 'size') {
    if (depth === 'size') {
      const size = await objects.size(blobKey(ref));
      if (size === undefined) return 'missing';
      return size === ref.bytes ? undefined : 'damaged';
    }
    if (ref.bytes > most) return receive(ref, async () => {});
    const found = await objects.get(blobKey(ref), ref.bytes);
    if (found === undefined) return 'missing';
    return isWhole(ref, found) ? undefined : 'damaged';
  }

  /** Takes a blob piece by piece. @returns what is wrong with it, which is known at its end */
  async function receive(
    ref: BlobRef,
    take: (piece: Buffer) => Promise<unknown>,
  ): Promise<BlobFault | undefined> {
    const key = blobKey(ref);
    const hash = createHash('sha256');
    for (let at = 0; at < ref.bytes; ) {
      const part = await objects.getPart(key, at, pieceSize);
      if (part === undefined) return 'missing';
      if (part.total !== ref.bytes || part.content.length === 0) return 'damaged';
      hash.update(part.content);
      await take(part.content);
      at += part.content.length;
    }
    return hash.digest('hex') === ref.sha256 ? undefined : 'damaged';
  }

  async function getBlob(ref: BlobRef): Promise<Buffer> {
    const key = blobKey(ref);
    const found = await objects.get(key, ref.bytes);
    if (isWhole(ref, found)) return found.content;
    // Read once more: what is set aside must be what is wrong in the store, not on the way.
    const again = found && (await objects.get(key, ref.bytes));
    if (isWhole(ref, again)) return again.content;
    const aside = again && (await setAside(objects, key, again).catch(staysWhereForbidden(key)));
    // An object that is another one by now may have been repaired.
    const repaired = aside === undefined ? again && (await objects.get(key, ref.bytes)) : undefined;
    if (isWhole(ref, repaired)) return repaired.content;
    const fault = again ? 'damaged' : 'missing';
    throw damaged(ref, fault, again ? describe(again, aside) : 'no such object');
  }

  const damaged = (ref: BlobRef, fault: BlobFault, found: string): DamagedBlob =>
    new DamagedBlob(ref, fault, {
      what: `A blob is ${fault}.`,
      where: `${objects.bucket}/${blobKey(ref)}`,
      expected: `${ref.bytes} bytes of SHA-256 ${ref.sha256}`,
      found,
      remedy: 'none: the stage that made it is run again',
    });

  async function putBlob(
    bytes: Uint8Array,
    contentType = 'application/octet-stream',
  ): Promise<BlobRef> {
    const ref = { sha256: sha256(bytes), bytes: bytes.length };
    const key = blobKey(ref);
    // The service checks the body against the request's digest before it answers.
    const created = await objects.put(key, bytes, { contentType, when: 'absent' });
    if (created === undefined && (await inspectBlob(ref, 'content')) !== undefined)
      await objects.put(key, bytes, { contentType });
    return checked(ref);
  }

  /** @throws WorldError where it is not what was written */
  async function checked(ref: BlobRef): Promise<BlobRef> {
    const fault = await inspectBlob(ref);
    if (fault === undefined) return ref;
    throw new WorldError({
      what: `A blob is ${fault} right after it was written.`,
      where: `${objects.bucket}/${blobKey(ref)}`,
    });
  }

  return {
    inspectBlob,
    getBlob,
    async getBlobPart(ref, start, length) {
      const part = await objects.getPart(blobKey(ref), start, length);
      if (part === undefined) return 'missing';
      return part.total === ref.bytes ? part.content : 'damaged';
    },
    putBlob,
    async putBlobFile(path) {
      const { size } = await stat(path);
      if (size <= most) return putBlob(await readFile(path));
      const ref = { sha256: await sha256Of(path), bytes: size };
      if ((await inspectBlob(ref, 'content')) !== undefined)
        await objects.putFile(blobKey(ref), path);
      return checked(ref);
    },
    async getBlobToFile(ref, path) {
      if (ref.bytes <= most) return writeWhole(path, await getBlob(ref));
      await writeWhole(path, async (draft) => {
        const file = await open(draft, 'wx');
        try {
          const fault = await receive(ref, (piece) =>
            file.writeFile(piece).catch((error) => {
              throw fileFailure(error, path);
            }),
          );
          if (fault !== undefined)
            throw damaged(ref, fault, fault === 'missing' ? 'no such object' : 'other bytes');
        } finally {
          await file.close();
        }
      });
    },
  };
}

/** Who may only read tells of what is damaged, and leaves it to whoever comes to mend it. */
const staysWhereForbidden =
  (key: string) =>
  (error: unknown): string => {
    if (isForbidden(error)) return key;
    throw error;
  };

function describe(found: Found | TooLong, aside: string | undefined): string {
  const { content } = found;
  const what = content
    ? `${content.length} bytes of SHA-256 ${sha256(content)}`
    : `${found.bytes} bytes`;
  return `${what}, now ${aside ? `in ${aside}` : 'gone'}`;
}
