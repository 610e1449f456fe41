import { type AtelierEnvironment, readEnvironment } from '@atelier/environment';
import { WorldError } from '@atelier/errors';
import type { StackState, StoreRole } from '@atelier/infra';
import { Client, type Connection } from '@temporalio/client';
import { openStore, type Store } from '../run-store.ts';
import { connectToTemporal, type TemporalService, temporalService } from '../temporal-service.ts';
import type { Console } from '../terminal/console.ts';
import { type Purpose, reachServices } from './services.ts';

/** What is on record, and Temporal where it answers. */
export interface Records {
  environment: AtelierEnvironment;
  state: StackState;
  store: Store;
  client?: Client;
  namespace: string;
  /** Whether the services stop when this session is closed. */
  temporary: boolean;
}

/** What commands work with: the services, reached. */
export interface Session extends Records {
  client: Client;
  connection: Connection;
  /** Adds the worker of the local stack, which then stays, to a session that only read so far. */
  keepWorking(): Promise<void>;
}

/** Makes sure that the services are there (starting the local ones if need be). */
async function withServices<T>(
  console: Console,
  purpose: Purpose,
  body: (services: Records, temporal: TemporalService) => Promise<T>,
  identity?: StoreRole,
): Promise<T> {
  const environment = readEnvironment();
  const { state, temporary, giveBack } = await reachServices(
    environment,
    console,
    purpose,
    identity,
  );
  try {
    const temporal = temporalService(environment, state);
    const { namespace } = temporal;
    const store = openStore(state.s3);
    return await body({ environment, state, store, namespace, temporary }, temporal);
  } finally {
    // Whatever becomes of the connection, a borrowed stack is not left running.
    await giveBack();
  }
}

/**
 * Runs a command's body with the services and disconnects from them, whatever happens.
 * @param identity as which the local store is used; by the purpose unless given
 */
export function withSession<T>(
  console: Console,
  purpose: Purpose,
  body: (session: Session) => Promise<T>,
  identity?: StoreRole,
): Promise<T> {
  const connected = async (services: Records, temporal: TemporalService): Promise<T> => {
    const connection = await connectToTemporal(temporal);
    try {
      return await body(sessionOf(services, connection, console));
    } finally {
      await connection.close();
    }
  };
  return withServices(console, purpose, connected, identity);
}

/** The same for looking at what is on record, which can be done while Temporal is away. */
export function withRecords<T>(
  console: Console,
  body: (records: Records | Session) => Promise<T>,
): Promise<T> {
  return withServices(console, 'read', async (services, temporal) => {
    const connection = await connectToTemporal(temporal).catch((error: WorldError) => {
      if (!(error instanceof WorldError)) throw error;
      console.warn(
        `! ${error.failure.what} (${temporal.address}) What follows is as it was recorded.`,
      );
      return undefined;
    });
    try {
      return await body(connection ? sessionOf(services, connection, console) : services);
    } finally {
      await connection?.close();
    }
  });
}

function sessionOf(services: Records, connection: Connection, console: Console): Session {
  const { environment, namespace } = services;
  return {
    ...services,
    connection,
    client: new Client({ connection, namespace }),
    async keepWorking() {
      await reachServices(environment, console, 'work');
    },
  };
}

/** A workflow's page in Temporal's UI, where it is known. */
export function workflowUrl({ state, namespace }: Records, workflowId: string): string | undefined {
  const { uiUrl } = state.temporal;
  return uiUrl && `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
