import type { KeyObject } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileFailure, sha256Of } from '@atelier/files';
import { keyId } from '../provenance/envelope.ts';
import { readPublicKey } from '../provenance/keys.ts';
import { refused, signatureFile, signedStatement } from '../provenance/run-signature.ts';
import type { Console } from '../terminal/console.ts';
import { namedRun, signedRun } from './finished-run.ts';
import { withStore } from './services.ts';
import { verifyStore } from './verify-store.ts';

export interface VerifyOptions {
  /** Path of the public key; without one it is looked whether what is stored is whole. */
  key?: string;
  json?: boolean;
  /** A run in the store, also where there is a folder of its name. */
  run?: string;
}

/**
 * Says whether the owner of a key has signed a run in the store, or what `fetch` brought of it.
 * @param target a folder, or a run
 * @throws UserError where they have not, or where anything of it is another since
 */
export async function verify(
  target: string | undefined,
  { key: path, run, json = false }: VerifyOptions,
  console: Console,
): Promise<void> {
  if (path === undefined) return verifyStore(run ?? target, json, console);
  const key = await readPublicKey(path);
  const isFolder = run === undefined && target !== undefined && (await folderAt(target));
  const verified = isFolder
    ? await verifyFolder(target, key, console)
    : await verifyRun(run ?? target, key, console);
  console.line(`${verified} is as key ${keyId(key)} has signed it.`);
}

const folderAt = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function verifyRun(
  run: string | undefined,
  key: KeyObject,
  console: Console,
): Promise<string> {
  const named = await namedRun(run, 'the run or folder');
  return withStore(console, async (store) => {
    const { runId, files } = (await signedRun(store, named, key)).recorded;
    for (const ref of Object.values(files)) await store.getBlob(ref);
    return `Run ${runId}`;
  });
}

async function verifyFolder(folder: string, key: KeyObject, console: Console): Promise<string> {
  const directory = resolve(folder);
  const path = join(directory, signatureFile);
  const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw fileFailure(error, path);
  });
  const { subject, predicate } = signedStatement(content, key, path);
  for (const { name, digest } of subject) {
    const file = join(directory, name);
    const found = await digestOf(file);
    if (found !== digest.sha256)
      throw refused(file, `SHA-256 ${digest.sha256}`, found ? `SHA-256 ${found}` : 'no such file');
  }
  const signed = new Set([signatureFile, ...subject.map(({ name }) => name)]);
  const present = await readdir(directory, { recursive: true, withFileTypes: true });
  const others = present
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(directory, join(parentPath, name)))
    .filter((name) => !signed.has(name));
  for (const name of others) console.warn(`! ${JSON.stringify(name)} is not among what is signed.`);
  return `${directory}, of run ${predicate.runDetails.metadata.invocationId},`;
}

/** SHA-256 of a file; undefined where there is none. */
const digestOf = (path: string): Promise<string | undefined> =>
  sha256Of(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw fileFailure(error, path);
  });
