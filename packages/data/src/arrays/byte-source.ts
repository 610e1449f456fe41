import { read } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { fileFailure, type HeldFile, type WatchedFile } from '@atelier/files';

/** The bytes of a file of arrays, of which a part is read when it is asked for. */
export interface ByteSource {
  /** Names them in errors. */
  path: string;
  size: number;
  /** Fewer where they end before. Plain even where all of them are a Buffer, whose slice() would share memory instead of copying. */
  read(begin: number, end: number): Promise<Uint8Array>;
  /** The same in pieces. */
  stream(begin: number, end: number): Readable;
  /** The file that they are in. */
  held(): WatchedFile;
  /** @throws WorldError where what was read of them may not be what was verified */
  check(): void;
}

/** Of bytes that are held: what is read of them is a view. */
export const heldBytes = (
  bytes: Uint8Array,
  { path, held }: Pick<ByteSource, 'path' | 'held'>,
): ByteSource => {
  const view = (begin: number, end: number): Uint8Array => {
    const [from, to] = [Math.min(begin, bytes.length), Math.min(end, bytes.length)];
    return new Uint8Array(bytes.buffer, bytes.byteOffset + from, Math.max(0, to - from));
  };
  return {
    ...{ path, held, size: bytes.length, check() {} },
    read: async (begin, end) => view(begin, end),
    stream: (begin, end) => Readable.from(begin < end ? [Buffer.from(view(begin, end))] : []),
  };
};

/** Bytes of a piece. */
const pieceBytes = 2 ** 20;

const readAt = promisify(read);

/** Of a file, however long it is. */
export function fileBytes(file: WatchedFile, size: number): ByteSource {
  const { path, descriptor } = file;

  async function* pieces(begin: number, end: number): AsyncGenerator<Buffer> {
    for (let at = begin; at < end; ) {
      const length = Math.min(pieceBytes, end - at);
      const { bytesRead, buffer } = await readAt(
        descriptor,
        Buffer.allocUnsafe(length),
        0,
        length,
        at,
      ).catch((error) => {
        throw fileFailure(error, path);
      });
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  return {
    ...{ path, size, held: () => file, check: () => void file.wasDisturbed() },
    stream: (begin, end) => Readable.from(pieces(begin, end), { highWaterMark: 2 }),
    async read(begin, end) {
      const bytes = new Uint8Array(end - begin);
      let at = 0;
      for await (const piece of pieces(begin, end)) {
        bytes.set(piece, at);
        at += piece.length;
      }
      file.wasDisturbed();
      return bytes.subarray(0, at);
    },
  };
}

/** Of a file that is held in memory where it has no more than so many bytes. */
export const openBytes = async (
  file: HeldFile,
  size: number,
  mostHeld: number,
  signal: AbortSignal,
): Promise<ByteSource> => {
  if (size > mostHeld) return fileBytes(file, size);
  const { path } = file;
  return heldBytes(await readFile(path, { signal }), { path, held: () => file });
};
