import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileFailure, sha256Of } from '@atelier/files';
import { isAlive } from '@atelier/processes';

/** What a part shall become. */
interface PartOf {
  name: string;
  sha256: string;
}

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
  static async claim(directory: string, file: PartOf): Promise<PartFile> {
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
    return this.#onDisk(() => sha256Of(this.#path));
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

/** Names that downloads of this process have taken. */
const held = new Set<string>();
const host = hostname().replace(/[^A-Za-z0-9-]/g, '-');
let claims = 0;

/**
 * The name of a part: the file's, the beginning of its digest, and, while a download writes it,
 * the host, process and download. So two processes that share a folder never write one part.
 */
class PartName {
  /** While this download holds the part. */
  readonly held: string;
  /** When no download does. */
  readonly free: string;
  readonly #stem: string;

  private constructor(stem: string) {
    this.#stem = stem;
    this.free = `${stem}.part`;
    this.held = `${stem}.${host}.${process.pid}.${++claims}.part`;
  }

  static take(file: PartOf): PartName {
    const name = new PartName(`${file.name}.${file.sha256.slice(0, 12)}`);
    held.add(name.held);
    return name;
  }

  giveBack(): void {
    held.delete(this.held);
  }

  /** Names of parts of the same file that no living download of this host holds. */
  async leftovers(directory: string): Promise<string[]> {
    const holder = `${this.#stem}.${host}.`;
    const isFree = (name: string): boolean => {
      if (name === this.free) return true;
      if (!name.startsWith(holder) || held.has(name)) return false;
      const pid = /^(\d+)\.\d+\.part$/.exec(name.slice(holder.length))?.[1];
      return pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid)));
    };
    return (await readdir(directory)).filter(isFree);
  }
}
