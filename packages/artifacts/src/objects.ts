import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { agentFor, withoutBrackets } from '@atelier/addresses';
import { WorldError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import { type BucketItem, Client, CopyConditions } from 'minio';
import { storageError } from './storage-errors.ts';
import { parseStoreSettings, type StoreSettings } from './store-settings.ts';
import { timedTransport } from './transport.ts';

export interface StoredObject {
  key: string;
  bytes: number;
  modified: Date;
  etag: string;
}

/** An object's bytes and the ETag that they had when they were read. */
export interface Found {
  content: Buffer;
  etag: string;
}

/** An object that is longer than it may be, and was not read. */
export interface TooLong {
  content?: undefined;
  etag: string;
  bytes: number;
}

/** Bytes from within an object, and how long all of it is. */
interface Part {
  content: Buffer;
  total: number;
}

interface PutOptions {
  contentType?: string;
  /** `absent`: only if the key is free. An ETag: only if the object is still that one. */
  when?: 'absent' | { etag: string };
}

/** The few S3 calls that everything else is made of; every one has a timeout and typed errors. */
export interface Objects {
  readonly bucket: string;
  /**
   * Undefined where there is no such key.
   * @param atMost bytes; of a longer object nothing is read
   */
  get(key: string, atMost: number): Promise<Found | TooLong | undefined>;
  /**
   * Some of an object's bytes, fewer where it ends before. Undefined where there is no such key.
   * @param length at least 1
   */
  getPart(key: string, start: number, length: number): Promise<Part | undefined>;
  /** Undefined where the condition did not hold. */
  put(key: string, content: Uint8Array, options?: PutOptions): Promise<string | undefined>;
  /**
   * Puts a file of any length there, in parts of which one is in memory. Under no condition: what has
   * the key already is replaced.
   */
  putFile(key: string, path: string, partBytes?: number): Promise<void>;
  /** Undefined where there is no such key. */
  size(key: string): Promise<number | undefined>;
  /** Undefined where there is no such key. */
  etag(key: string): Promise<string | undefined>;
  /** Copies within the service. False where the object is gone or has another ETag by now. */
  copy(key: string, target: string, etag: string): Promise<boolean>;
  remove(key: string): Promise<void>;
  /** Many at once; one that is gone is no error. */
  removeAll(keys: readonly string[]): Promise<void>;
  list(prefix: string): Promise<StoredObject[]>;
  /** The same one by one, for more than should be held at once; the next comes when one is taken. */
  eachObject(prefix: string, take: (object: StoredObject) => void | Promise<void>): Promise<void>;
  /** The objects right below a prefix, none of its "folders". */
  listFiles(prefix: string): Promise<StoredObject[]>;
  /** The "folders" right below a prefix, without the prefix and the slash. */
  listFolders(prefix: string): Promise<string[]>;
  presign(key: string, seconds: number): Promise<string>;
  makeBucket(): Promise<void>;
}

/** Objects that one request removes: so few that a slow disk answers in time. */
const removedAtOnce = 250;

// One request for anything up to S3's limit for one: multipart uploads cannot be conditional.
const partSize = 5 * 1024 ** 3;

/** Bytes of a part of a file: of 10,000 of them, as many as there may be, a file has at most 1.2 TiB. */
const usualPartBytes = 2 ** 27;

export function openObjects(input: StoreSettings): Objects {
  const settings = parseStoreSettings(input);
  const { bucket, region, timeoutMs, proxy } = settings;
  const endpoint = new URL(settings.endpoint);
  const { protocol, hostname, port, origin } = endpoint;
  const secure = protocol === 'https:';
  const client = new Client({
    // The library wants an IPv6 address without its brackets.
    endPoint: withoutBrackets(hostname),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    useSSL: secure,
    accessKey: settings.accessKey,
    secretKey: settings.secretKey,
    ...(settings.sessionToken ? { sessionToken: settings.sessionToken } : {}),
    region,
    partSize,
    transport: timedTransport(secure, timeoutMs),
    transportAgent: agentFor(endpoint, proxy),
    // The stages decide what is retried, and for how long; the library would do it on stderr.
    retryOptions: { disableRetry: true },
  });

  async function call<T>(key: string | undefined, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw storageError(error, {
        endpoint: origin,
        bucket,
        ...(key && { key }),
        ...(proxy && { proxy }),
      });
    }
  }

  const stat = (key: string) => call(key, () => orMissing(client.statObject(bucket, key)));

  async function whole(stream: Readable, bytes: number, key: string): Promise<Buffer> {
    const content = await stream.toArray().then((chunks) => Buffer.concat(chunks));
    if (content.length === bytes) return content;
    throw new WorldError({
      what: 'The object arrived incomplete.',
      where: `${bucket}/${key}`,
      expected: `${bytes} bytes`,
      found: `${content.length} bytes`,
    });
  }

  /** A page after the other: of a hundred thousand entries nothing is held twice. */
  const entries = (prefix: string, recursive: boolean): AsyncIterable<Listed> =>
    client.listObjectsV2(bucket, prefix, recursive);

  const listed = <T>(
    prefix: string,
    recursive: boolean,
    take: (entry: Listed) => T[],
  ): Promise<T[]> =>
    call(prefix, async () => {
      const taken: T[] = [];
      for await (const entry of entries(prefix, recursive)) taken.push(...take(entry));
      return taken;
    });

  return {
    bucket,
    get: (key, atMost) =>
      call(key, async () => {
        const stream = await orMissing(client.getObject(bucket, key));
        if (stream === undefined) return undefined;
        const { headers } = stream as unknown as Answer;
        const bytes = Number(headers['content-length']);
        const etag = unquoted(headers.etag ?? '');
        if (bytes <= atMost) return { content: await whole(stream, bytes, key), etag };
        stream.destroy();
        return { etag, bytes };
      }),
    getPart: (key, start, length) =>
      call(key, async () => {
        const stream = await orMissing(client.getPartialObject(bucket, key, start, length)).catch(
          (error) => {
            // The object ends before.
            if (codeOf(error) === 'InvalidRange') return null;
            throw error;
          },
        );
        if (stream === undefined) return undefined;
        if (stream === null) return { content: Buffer.alloc(0), total: 0 };
        const { headers } = stream as unknown as Answer;
        const content = await whole(stream, Number(headers['content-length']), key);
        const [, total] = /\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
        return { content, total: total === undefined ? content.length : Number(total) };
      }),
    put: (key, content, { contentType = 'application/octet-stream', when } = {}) =>
      call(key, async () => {
        const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
        const stored = client.putObject(bucket, key, buffer, buffer.length, {
          'Content-Type': contentType,
          ...(when === 'absent' ? { 'If-None-Match': '*' } : {}),
          ...(typeof when === 'object' ? { 'If-Match': when.etag } : {}),
        });
        return (await unlessRefused(stored))?.etag;
      }),
    putFile: (key, path, partBytes = usualPartBytes) =>
      call(key, async () => {
        const headers = { 'Content-Type': 'application/octet-stream' };
        const uploadID = await client.initiateNewMultipartUpload(bucket, key, headers);
        const parts: { part: number; etag: string }[] = [];
        try {
          for await (const content of partsOf(path, partBytes)) {
            const partNumber = parts.length + 1;
            // The service checks each against its digest before it answers.
            const config = { bucketName: bucket, objectName: key, uploadID, partNumber };
            const part = await client.uploadPart(
              {
                ...config,
                headers: { 'Content-MD5': createHash('md5').update(content).digest('base64') },
              },
              content,
            );
            parts.push({ part: partNumber, etag: part.etag });
          }
          await client.completeMultipartUpload(bucket, key, uploadID, parts);
        } catch (error) {
          // Where that fails as well, the service removes the parts after some days.
          await client.abortMultipartUpload(bucket, key, uploadID).catch(() => {});
          throw error;
        }
      }),
    size: async (key) => (await stat(key))?.size,
    etag: async (key) => {
      const found = await stat(key);
      return found && unquoted(found.etag);
    },
    copy: (key, target, etag) =>
      call(key, async () => {
        const unchanged = new CopyConditions();
        unchanged.setMatchETag(etag);
        const copied = client.copyObject(bucket, target, `/${bucket}/${key}`, unchanged);
        return (await unlessRefused(copied)) !== undefined;
      }),
    remove: (key) => call(key, () => client.removeObject(bucket, key)),
    async removeAll(keys) {
      for (let i = 0; i < keys.length; i += removedAtOnce) {
        const some = keys.slice(i, i + removedAtOnce);
        const refused = await call(some[0], () => client.removeObjects(bucket, some));
        const [error] = refused.flatMap((each) => each?.Error ?? each ?? []) as Refusal[];
        if (error?.Code === undefined) continue;
        await call(error.Key, () =>
          Promise.reject(Object.assign(new Error(error.Message), { code: error.Code })),
        );
      }
    },
    list: (prefix) => listed(prefix, true, toObject),
    eachObject: (prefix, take) =>
      call(prefix, async () => {
        for await (const entry of entries(prefix, true))
          for (const object of toObject(entry)) {
            // Nobody waits where there is nothing to wait for.
            const taken = take(object);
            if (taken !== undefined) await taken;
          }
      }),
    listFiles: (prefix) => listed(prefix, false, toObject),
    listFolders: (prefix) =>
      listed(prefix, false, ({ prefix: folder }) =>
        folder ? [folder.slice(prefix.length, -1)] : [],
      ),
    presign: (key, seconds) => call(key, () => client.presignedGetObject(bucket, key, seconds)),
    makeBucket: () =>
      call(undefined, async () => {
        try {
          await client.makeBucket(bucket, region);
        } catch (error) {
          if (codeOf(error) !== 'BucketAlreadyOwnedByYou') throw error;
        }
      }),
  };
}

/** The bytes of a file, in pieces of this length. */
async function* partsOf(path: string, length: number): AsyncGenerator<Buffer> {
  const failed = (error: unknown): never => {
    throw fileFailure(error, path);
  };
  const file = await open(path).catch(failed);
  try {
    for (;;) {
      const part = Buffer.allocUnsafe(length);
      let size = 0;
      while (size < length) {
        const { bytesRead } = await file.read(part, size, length - size).catch(failed);
        if (bytesRead === 0) break;
        size += bytesRead;
      }
      if (size > 0) yield part.subarray(0, size);
      if (size < length) return;
    }
  } finally {
    await file.close();
  }
}

/** What the library gives besides the stream that it promises. */
interface Answer {
  headers: Record<string, string>;
}

/** What the service says of an object that it did not remove. */
interface Refusal {
  Code?: string;
  Message?: string;
  Key?: string;
}

/** An entry of a listing: an object, or a "folder". */
type Listed = Partial<BucketItem>;

// The library takes only some of the quotes off.
const unquoted = (etag: string): string => etag.replaceAll('"', '');

const toObject = ({ name, size, lastModified, etag = '' }: Listed): StoredObject[] =>
  name === undefined
    ? []
    : [{ key: name, bytes: size!, modified: lastModified!, etag: unquoted(etag) }];

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';

const orMissing = <T>(request: Promise<T>): Promise<T | undefined> =>
  request.catch((error) => {
    if (['NoSuchKey', 'NotFound'].includes(codeOf(error))) return undefined;
    throw error;
  });

// 404 answers a conditional write (If-Match) to a key that is gone.
const unlessRefused = <T>(request: Promise<T>): Promise<T | undefined> =>
  request.catch((error) => {
    if (['PreconditionFailed', 'NoSuchKey'].includes(codeOf(error))) return undefined;
    throw error;
  });
