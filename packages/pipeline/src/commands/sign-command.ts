import { UserError } from '@atelier/errors';
import { checkRunId } from '../configuration/run-id.ts';
import { runIdOf } from '../names.ts';
import { keyId } from '../provenance/envelope.ts';
import { readPrivateKey, writeNewKey } from '../provenance/keys.ts';
import { signRun } from '../provenance/run-signature.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { finishedRun } from './finished-run.ts';
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
  const given = await asUsage(() => checkRunId(runIdOf(named(run)), 'the run'));
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

/** What is signed is never guessed. */
function named(run: string | undefined): string {
  if (run !== undefined && run !== 'latest') return run;
  throw new UserError({ what: 'A run is missing.', expected: 'the name of the run to sign' });
}
