import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WorldError } from '@atelier/errors';

/** Offline this fails at once; a network that swallows packets is given this long. */
const CONNECT_MS = 8_000;
/** A download is given up when nothing arrives for this long. */
const STALL_MS = 20_000;
/** Texts are lists of checksums of a few kilobytes. */
const TEXT_BYTES = 64 * 1024;

/** @throws WorldError when the address does not answer with a whole text of at most 64 KiB */
export async function downloadText(url: string): Promise<string> {
  const response = await request(url, AbortSignal.timeout(CONNECT_MS));
  try {
    return await readText(response);
  } catch (error) {
    throw failed(url, error);
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > TEXT_BYTES) throw new Error(`It is longer than ${TEXT_BYTES / 1024} KiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Downloads to a file and compares its SHA-256.
 * @throws WorldError when it cannot be had, or is not what the checksum says
 */
export async function downloadFile(url: string, path: string, sha256: string): Promise<void> {
  const stalled = new AbortController();
  const abort = (): void => stalled.abort(new Error('Nothing arrived for a while'));
  let timer = setTimeout(abort, CONNECT_MS);
  const hash = createHash('sha256');
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      clearTimeout(timer);
      timer = setTimeout(abort, STALL_MS);
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const response = await request(url, stalled.signal);
    await pipeline(Readable.fromWeb(response.body as never), watch, createWriteStream(path));
  } catch (error) {
    if (error instanceof WorldError || (error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw error;
    }
    throw failed(url, error);
  } finally {
    clearTimeout(timer);
  }
  const found = hash.digest('hex');
  if (found === sha256) return;
  throw new WorldError({
    what: 'A download is not what its publisher says it is',
    where: url,
    expected: `SHA-256 ${sha256}`,
    found: `SHA-256 ${found}`,
    remedy: 'Try again; if it stays so, do not use it and tell the publisher.',
  });
}

async function request(url: string, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    throw failed(url, error);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw new WorldError({ what: 'A download was refused', where: url, found: `${response.status}` });
}

function failed(url: string, error: unknown): WorldError {
  const { message, cause } = error as Error;
  const found = cause instanceof Error ? cause.message : message;
  return new WorldError({ what: 'A download failed', where: url, found }, { cause: error });
}
