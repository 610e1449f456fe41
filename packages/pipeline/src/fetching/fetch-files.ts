import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '@atelier/errors';
import { fileFailure, writeWhole } from '@atelier/files';
import { z } from 'zod';
import type { Origin, Version } from './origin.ts';

/** Files received at a time. */
const atOnce = 8;

/** Beside the folder of the files: which version of each lies there. */
const versionsSchema = z.record(
  z.string(),
  z.object({
    ...{ url: z.string(), bytes: z.number(), sha256: z.string() },
    ...{ etag: z.string().optional(), modified: z.string().optional() },
  }),
);

export interface FetchJob {
  origin: Origin;
  /** The folder for the files; what lies there from earlier and is still the same stays. */
  directory: string;
  names: readonly string[];
  signal: AbortSignal;
  onProgress(progress: { done: number; of: number; bytes: number }): void;
}

/**
 * Receives files into a folder, which then holds these and no others, each as its origin has it.
 * @returns the names of those that the origin does not have
 * @throws UserError, WorldError where they cannot be had, or cannot lie in one folder
 */
export async function fetchFiles(job: FetchJob): Promise<string[]> {
  const { origin, directory, names, signal, onProgress } = job;
  checkFolders(names, origin);
  const known = await readVersions(directory);
  const versions: Record<string, Version> = {};
  const missing: string[] = [];
  const rest = names[Symbol.iterator]();
  let [done, bytes] = [0, 0];
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);

  async function received(
    name: string,
    path: string,
    earlier: Version | undefined,
  ): Promise<Version | undefined> {
    // A name of its own: with more to it, that of a file might become too long.
    const draft = join(directory, `.draft-${crypto.randomUUID()}`);
    try {
      const options = { path: draft, known: earlier, signal: either };
      const version = await origin.fetch(name, options);
      if (version !== undefined && version !== earlier)
        await rename(draft, path).catch((error) => {
          throw fileFailure(error, path);
        });
      return version;
    } finally {
      await rm(draft, { force: true });
    }
  }

  async function work(): Promise<void> {
    for (const name of { [Symbol.iterator]: () => rest }) {
      either.throwIfAborted();
      const path = join(directory, name);
      await mkdir(dirname(path), { recursive: true }).catch((error) => {
        throw fileFailure(error, dirname(path));
      });
      const earlier = await isThere(path, known[name]);
      const version = await received(name, path, earlier);
      if (version === undefined) missing.push(name);
      else versions[name] = version;
      done += 1;
      bytes += version?.bytes ?? 0;
      onProgress({ done, of: names.length, bytes });
    }
  }

  try {
    const workers = Array.from({ length: atOnce }, () =>
      work().catch((error) => failed.abort(error)),
    );
    await Promise.all(workers);
    signal.throwIfAborted();
    failed.signal.throwIfAborted();
  } finally {
    // What has arrived need not come again, whatever became of the rest.
    const all = { ...known, ...versions };
    await writeWhole(
      versionsPath(directory),
      JSON.stringify(failed.signal.aborted || signal.aborted ? all : versions),
    );
  }
  await removeOthers(directory, new Set(Object.keys(versions)));
  return missing;
}

/** @throws UserError where a file is called like a folder of another, as only those who have no folders can call it */
function checkFolders(names: readonly string[], { address }: Origin): void {
  const all = new Set(names);
  for (const name of names)
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1))
      if (all.has(name.slice(0, at)))
        throw new UserError({
          what: 'A file is called like a folder of another.',
          where: `${address}${name.slice(0, at)}`,
          expected: 'names that can lie in the same folder',
          found: `${name.slice(0, at)} and ${name}`,
          remedy: 'rename one of them, or leave it out',
        });
}

const versionsPath = (directory: string): string => `${directory}.versions.json`;

async function readVersions(directory: string): Promise<Record<string, Version>> {
  const path = versionsPath(directory);
  if (!existsSync(path)) return {};
  // What cannot be read is received again.
  const json = await readFile(path, 'utf8')
    .then(JSON.parse)
    .catch(() => undefined);
  return versionsSchema.safeParse(json).data ?? {};
}

async function isThere(path: string, version: Version | undefined): Promise<Version | undefined> {
  const size = version && (await stat(path).catch(() => undefined))?.size;
  return size === version?.bytes ? version : undefined;
}

async function removeOthers(directory: string, kept: ReadonlySet<string>): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(directory.length + 1);
    if (!entry.isDirectory() && !kept.has(name)) await rm(path, { force: true });
  }
}
