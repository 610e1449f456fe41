import { type AtelierEnvironment, readEnvironment } from '@atelier/environment';
import { type BorrowedStack, borrowStack, ensureStack } from '@atelier/infra';
import { openStore, type Store } from '../run-store.ts';
import { localSearchAttributes } from '../searchable.ts';
import type { Console } from '../terminal/console.ts';

/**
 * What a command does with the services. `read` looks at what is there: it needs no worker, and a
 * local stack that was stopped is stopped again. `work` needs all of the stack, which stays.
 */
export type Purpose = 'read' | 'work';

/** Makes sure that the services are there, starting the local ones if need be. */
export async function reachServices(
  environment: AtelierEnvironment,
  console: Console,
  purpose: Purpose,
): Promise<BorrowedStack> {
  const log = { info: console.line, warn: console.warn };
  const options = { environment, log, searchAttributes: localSearchAttributes };
  if (purpose === 'read') return borrowStack(options);
  const state = await ensureStack({ ...options, worker: true });
  return { state, temporary: false, giveBack: async () => {} };
}

/** Runs a command's body with the object store alone, for reading. */
export async function withStore<T>(
  console: Console,
  body: (store: Store) => Promise<T>,
): Promise<T> {
  const { state, giveBack } = await reachServices(readEnvironment(), console, 'read');
  try {
    return await body(openStore(state.s3));
  } finally {
    await giveBack();
  }
}
