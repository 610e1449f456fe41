import { type AtelierEnvironment, readEnvironment } from '@atelier/environment';
import { type BorrowedStack, borrowStack, ensureStack, type StoreRole } from '@atelier/infra';
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
  identity: StoreRole = purpose === 'read' ? 'reader' : 'writer',
): Promise<BorrowedStack> {
  const log = { info: console.line, warn: console.warn };
  const options = { environment, log, searchAttributes: localSearchAttributes, identity };
  if (purpose === 'read') return borrowStack(options);
  const state = await ensureStack({ ...options, worker: true });
  return { state, temporary: false, giveBack: async () => {} };
}

/**
 * Runs a command's body with the object store alone, which needs no worker.
 * @param identity as which the local store is used
 */
export async function withStore<T>(
  console: Console,
  body: (store: Store) => Promise<T>,
  identity: StoreRole = 'reader',
): Promise<T> {
  const environment = readEnvironment();
  const { state, giveBack } = await reachServices(environment, console, 'read', identity);
  try {
    return await body(openStore(state.s3));
  } finally {
    await giveBack();
  }
}
