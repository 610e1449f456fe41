import { resolve } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { keyId } from '../provenance/envelope.ts';
import { readPublicKey } from '../provenance/keys.ts';
import { signatureFile } from '../provenance/run-signature.ts';
import type { Console } from '../terminal/console.ts';
import { namedRun, signedRun } from './finished-run.ts';
import { withStore } from './services.ts';
import { writeRunFiles } from './write-run-files.ts';

export interface FetchOptions {
  out?: string;
  force?: boolean;
  /** Path of the public key that has to have signed the run; the environment may demand one, too. */
  verify?: string;
  json?: boolean;
}

/** Brings a run's files out of object storage, every one verified by its digest. */
export async function fetchRun(
  run: string | undefined,
  { out, force = false, verify = readEnvironment().verifyKey, json = false }: FetchOptions,
  console: Console,
): Promise<void> {
  const named = await namedRun(run, 'the run');
  const key = verify === undefined ? undefined : await readPublicKey(verify);
  await withStore(console, async (store) => {
    const { recorded, signature } = await signedRun(store, named, key);
    const { runId, content } = recorded;
    const directory = resolve(out ?? runId);
    const files = {
      ...recorded.files,
      ...(signature && { [signatureFile]: signature }),
      'run.json': content,
    };
    const replaced = await writeRunFiles(store, directory, files, { force }, console);
    console.line(`The files of run ${runId} are in ${directory}`);
    for (const [name, { bytes }] of Object.entries(recorded.files)) {
      const how = replaced.has(name) ? '  replaced' : '';
      console.line(`  ${name.padEnd(36)} ${kibibytes(bytes).padStart(10)}${how}`);
    }
    if (key !== undefined) console.line(`They are as key ${keyId(key)} has signed them.`);
    if (json)
      console.result(JSON.stringify({ runId, directory, files: Object.keys(recorded.files) }));
  });
}

const kibibytes = (bytes: number): string => `${Math.ceil(bytes / 1024).toLocaleString('en')} KiB`;
