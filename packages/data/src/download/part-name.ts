import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAlive } from '@atelier/processes';
import type { DatasetFile } from '../formats/format.ts';

/** Names that downloads of this process have taken. */
const held = new Set<string>();
const host = hostname().replace(/[^A-Za-z0-9-]/g, '-');
let claims = 0;

/**
 * The name of a part: the file's, the beginning of its digest, and, while a download writes it,
 * the host, process and download. So two processes that share a folder never write one part.
 */
export class PartName {
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

  static take(file: DatasetFile): PartName {
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
