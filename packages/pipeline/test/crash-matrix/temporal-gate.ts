import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TemporalGate {
  /** What the worker uses in the place of Temporal's own address. */
  readonly address: string;
  /** Cuts every connection and lets no new one through for so long. */
  shutFor(milliseconds: number): Promise<void>;
  close(): void;
}

/**
 * Stands between the worker and Temporal, so that the worker alone can lose it.
 * @param target Temporal's address at this moment; who comes before it is known waits for it
 */
export async function openTemporalGate(target: () => Promise<string>): Promise<TemporalGate> {
  const open = new Set<Socket>();
  let shut = false;
  const server = createServer(async (inner) => {
    inner.on('error', () => inner.destroy());
    const { hostname, port } = new URL(`tcp://${await target()}`);
    if (shut) return void inner.resetAndDestroy();
    const outer = connect(Number(port), hostname);
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    address: `127.0.0.1:${port}`,
    async shutFor(milliseconds) {
      shut = true;
      cut();
      await sleep(milliseconds);
      shut = false;
    },
    close() {
      server.close();
      cut();
    },
  };
}
