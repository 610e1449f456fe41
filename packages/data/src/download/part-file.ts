import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileFailure } from '@atelier/files';
import type { DatasetFile } from '../formats/format.ts';
import { fileSha256 } from './file-digest.ts';
import { PartName } from './part-name.ts';

/**
 * The beginning of a file, kept across attempts and processes until the whole has arrived. All
 * methods throw UserError or WorldError where the disk refuses.
 */
export class PartFile {
  readonly #directory: string;
  readonly #name: PartName;
  readonly #handle: FileHandle;
  #size: number;

  private constructor(directory: string, name: PartName, handle: FileHandle, size: number) {
    this.#directory = directory;
    this.#name = name;
    this.#handle = handle;
    this.#size = size;
  }

  /** Takes over the part that an earlier download left, or begins a new one. */
  static async claim(directory: string, file: DatasetFile): Promise<PartFile> {
    const name = PartName.take(file);
    try {
      await mkdir(directory, { recursive: true });
      for (const left of await name.leftovers(directory))
        if (await renamed(join(directory, left), join(directory, name.held))) break;
      const handle = await open(
        join(directory, name.held),
        constants.O_RDWR | constants.O_CREAT,
        0o644,
      );
      return new PartFile(directory, name, handle, (await handle.stat()).size);
    } catch (error) {
      name.giveBack();
      throw fileFailure(error, directory);
    }
  }

  /** Bytes that have arrived. */
  get size(): number {
    return this.#size;
  }

  append(chunk: Uint8Array): Promise<void> {
    return this.#onDisk(async () => {
      // A write may be short, at a full disk for one.
      for (let written = 0; written < chunk.length; ) {
        const rest = chunk.length - written;
        const { bytesWritten } = await this.#handle.write(chunk, written, rest, this.#size);
        written += bytesWritten;
        this.#size += bytesWritten;
      }
    });
  }

  async truncate(size: number): Promise<void> {
    if (size === this.#size) return;
    await this.#onDisk(() => this.#handle.truncate(size));
    this.#size = size;
  }

  sha256(): Promise<string> {
    return this.#onDisk(() => fileSha256(this.#path));
  }

  /** Gives the finished file its name: from then on it is there whole, never in part. */
  async finish(path: string): Promise<void> {
    await this.#onDisk(async () => {
      await this.#handle.sync();
      await rename(this.#path, path);
      await this.#handle.close();
      for (const left of await this.#name.leftovers(this.#directory))
        await rm(join(this.#directory, left), { force: true });
    });
    this.#name.giveBack();
  }

  /** Leaves what has arrived for the next download. */
  async release(): Promise<void> {
    await this.#handle.close().catch(() => {});
    const left =
      this.#size > 0
        ? rename(this.#path, join(this.#directory, this.#name.free))
        : rm(this.#path, { force: true });
    // Whatever made the download fail is the failure to report.
    await left.catch(() => {});
    this.#name.giveBack();
  }

  get #path(): string {
    return join(this.#directory, this.#name.held);
  }

  async #onDisk<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw fileFailure(error, this.#path);
    }
  }
}

/** False where another process was quicker. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
