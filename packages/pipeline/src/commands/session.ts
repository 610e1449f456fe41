import { type AtelierEnvironment, readEnvironment } from '@atelier/environment';
import type { StackState } from '@atelier/infra';
import { Client, type Connection } from '@temporalio/client';
import { openStore, type Store } from '../run-store.ts';
import { connectToTemporal, temporalService } from '../temporal-service.ts';
import type { Console } from '../terminal/console.ts';
import { type Purpose, reachServices } from './services.ts';

/** What commands work with: the services, reached. */
export interface Session {
  environment: AtelierEnvironment;
  state: StackState;
  client: Client;
  connection: Connection;
  namespace: string;
  store: Store;
  /** Whether the services stop when this session is closed. */
  temporary: boolean;
  /** Adds the worker of the local stack, which then stays, to a session that only read so far. */
  keepWorking(): Promise<void>;
  close(): Promise<void>;
}

/** Makes sure that the services are there (starting the local ones if need be) and connects. */
async function openSession(console: Console, purpose: Purpose): Promise<Session> {
  const environment = readEnvironment();
  const { state, temporary, giveBack } = await reachServices(environment, console, purpose);
  try {
    const store = openStore(state.s3);
    const temporal = temporalService(environment, state);
    const { namespace } = temporal;
    const connection = await connectToTemporal(temporal);
    const client = new Client({ connection, namespace });
    return {
      environment,
      state,
      temporary,
      client,
      connection,
      namespace,
      store,
      async keepWorking() {
        await reachServices(environment, console, 'work');
      },
      async close() {
        // Whatever becomes of the connection, a borrowed stack is not left running.
        await connection.close().finally(giveBack);
      },
    };
  } catch (error) {
    await giveBack();
    throw error;
  }
}

/** A workflow's page in Temporal's UI, where it is known. */
export function workflowUrl({ state, namespace }: Session, workflowId: string): string | undefined {
  const { uiUrl } = state.temporal;
  return uiUrl && `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}

/** Runs a command's body with the services and disconnects from them, whatever happens. */
export async function withSession<T>(
  console: Console,
  purpose: Purpose,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(console, purpose);
  try {
    return await body(session);
  } finally {
    await session.close();
  }
}
