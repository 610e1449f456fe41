import { createStore, type Store } from '@atelier/artifacts';
import { type AtelierEnvironment, readEnvironment } from '@atelier/environment';
import { ensureStack, type StackState } from '@atelier/infra';
import { Client, Connection } from '@temporalio/client';
import { temporalService, temporalUnreachable } from '../temporal-service.ts';
import type { Console } from '../terminal/console.ts';

/** What commands work with: the services, reached. */
export interface Session {
  environment: AtelierEnvironment;
  state: StackState;
  client: Client;
  connection: Connection;
  namespace: string;
  store: Store;
  close(): Promise<void>;
}

/**
 * Makes sure that the services are there (starting the local ones if need be) and connects.
 * @param worker whether runs shall be worked on, too
 */
async function openSession(console: Console, worker: boolean): Promise<Session> {
  const environment = readEnvironment();
  const log = { info: console.line, warn: console.warn };
  const state = await ensureStack({ environment, log, worker });
  const store = openStore(state);
  const { address, namespace, connectionOptions } = temporalService(environment, state);
  const connection = await Connection.connect({
    ...connectionOptions,
    connectTimeout: '5s',
  }).catch((error) => {
    throw temporalUnreachable(address, error);
  });
  const client = new Client({ connection, namespace });
  return {
    environment,
    state,
    client,
    connection,
    namespace,
    store,
    close: () => connection.close(),
  };
}

export const openStore = ({ s3 }: StackState): Store => createStore(s3);

/** A workflow's page in Temporal's UI, where it is known. */
export function workflowUrl({ state, namespace }: Session, workflowId: string): string | undefined {
  const { uiUrl } = state.temporal;
  return uiUrl && `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}

/** Runs a command's body with the services and disconnects from them, whatever happens. */
export async function withSession<T>(
  console: Console,
  worker: boolean,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(console, worker);
  try {
    return await body(session);
  } finally {
    await session.close();
  }
}
