import { mkdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BlobRef, sha256 } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import { explainFileError, fileFailure, standingAt, writeWhole } from '@atelier/files';
import type { Store } from '../run-store.ts';
import type { Console } from '../terminal/console.ts';
import { CommandFailure, exitCodes } from '../terminal/exit.ts';

const purpose = 'where the files go (--out)';

/** What a file shall hold: a blob of the store, or bytes that are here. */
type Source = BlobRef | Buffer;

const refOf = (source: Source): BlobRef =>
  Buffer.isBuffer(source) ? { sha256: sha256(source), bytes: source.length } : source;

export interface Writing {
  /** Whether files of other content are replaced. */
  force: boolean;
  /** Whether some of them are worth nothing: where one cannot be written, those that are new go again. */
  isWhole?: boolean;
}

/**
 * Writes files below a folder: whole, and never through a link. Those that hold the same bytes are
 * left; files of other content are replaced with `force` alone, which is found out before anything
 * is written.
 * @returns the names of those that were replaced
 * @throws UserError for what stands in the way; CommandFailure where a file would be replaced
 */
export async function writeRunFiles(
  store: Pick<Store, 'getBlobToFile'>,
  directory: string,
  files: Record<string, Source>,
  { force, isWhole = false }: Writing,
  console: Console,
): Promise<ReadonlySet<string>> {
  const isNew = await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw fileFailure(error, directory, purpose);
  });
  const replaced = new Set<string>();
  for (const [name, source] of Object.entries(files))
    if ((await standingAt(directory, name, refOf(source))) === 'other') replaced.add(name);
  if (replaced.size > 0 && !force) throw refusal(directory, replaced);

  const made: string[] = [];
  for (const [name, source] of Object.entries(files)) {
    // Once more, because whoever may write there may have done so meanwhile.
    if ((await standingAt(directory, name, refOf(source))) === 'same') continue;
    console.status(`  ${name}`);
    const path = join(directory, name);
    const written = Buffer.isBuffer(source)
      ? writeWhole(path, source)
      : store.getBlobToFile(source, path);
    await written.catch(async (error: unknown) => {
      if (isWhole) await takeAway(made, path, directory);
      // With nothing in it, it says that something was brought.
      if (isNew) await rmdir(directory).catch(() => {});
      throw explainFileError(error, path, purpose);
    });
    if (!replaced.has(name)) made.push(path);
  }
  return replaced;
}

/** With the folders that are empty then. */
async function takeAway(made: readonly string[], unmade: string, below: string): Promise<void> {
  for (const path of made) await rm(path, { force: true });
  for (const path of [...made, unmade])
    for (let folder = dirname(path); folder !== below; folder = dirname(folder))
      await rmdir(folder).catch(() => {});
}

function refusal(directory: string, names: ReadonlySet<string>): CommandFailure {
  const failure = new UserError({
    what: 'Files of other content stand there already, and nothing was written.',
    where: directory,
    expected: "none, or the run's own",
    found: [...names].join(', '),
    remedy: 'name another place (--out), or replace them with --force',
  });
  return new CommandFailure(failure.message, exitCodes.usage);
}
