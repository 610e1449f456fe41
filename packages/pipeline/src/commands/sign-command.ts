import { keyId } from '../provenance/envelope.ts';
import { readPrivateKey, writeNewKey } from '../provenance/keys.ts';
import { signRun } from '../provenance/run-signature.ts';
import type { Console } from '../terminal/console.ts';
import { finishedRun, requiredRun } from './finished-run.ts';
import { withStore } from './services.ts';

export interface SignOptions {
  /** Path of the private key. */
  key: string;
  newKey?: boolean;
}

/** Signs a finished run, so that others can tell that its files are those that this person means. */
export async function sign(
  run: string | undefined,
  { key: path, newKey = false }: SignOptions,
  console: Console,
): Promise<void> {
  const given = await requiredRun(run, 'the run to sign');
  if (newKey) {
    await writeNewKey(path);
    console.line(`A new key is in ${path}; give ${path}.pub to those who shall verify.`);
  }
  const key = await readPrivateKey(path);
  const runId = await withStore(
    console,
    async (store) => {
      const finished = await finishedRun(store, given);
      await signRun(store, finished, key);
      return finished.runId;
    },
    'writer',
  );
  console.line(`Run ${runId} is signed by key ${keyId(key)}`);
}
