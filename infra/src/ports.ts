import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorldError } from '@atelier/errors';

/** Whether a server could listen on this port of the loopback interface now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

/**
 * For each name a port that is free now: the wanted one, else the next in steps of ten. Those lie
 * below the range that systems hand out to outgoing connections, so a port stays ours over a restart.
 * @param wanted the usual port, or the recorded one, of each name
 */
export async function choosePorts<Name extends string>(
  wanted: Record<Name, number>,
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Promise<Record<Name, number>> {
  const chosen = {} as Record<Name, number>;
  const taken = new Set<number>();
  for (const [name, first] of Object.entries(wanted) as [Name, number][]) {
    const port = await firstFree(first, async (p) => !taken.has(p) && (await isFree(p)));
    if (port === undefined) {
      throw new WorldError({
        what: `No free port was found for ${name}`,
        where: '127.0.0.1',
        expected: `one of ${first}, ${first + 10}, … ${first + 10 * (ATTEMPTS - 1)}`,
        found: 'all taken',
        remedy: 'Stop what listens there (`ss -ltnp`), or use another machine.',
      });
    }
    taken.add(port);
    chosen[name] = port;
  }
  return chosen;
}

/**
 * Waits for ports to become free, at most so long. A process that was killed holds its ports until
 * the last of its threads is gone, some milliseconds after it counts as dead.
 */
export async function awaitFreePorts(
  ports: readonly number[],
  milliseconds: number,
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (performance.now() < deadline) {
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return;
    await sleep(50);
  }
}

const ATTEMPTS = 200;

async function firstFree(
  first: number,
  isFree: (port: number) => Promise<boolean>,
): Promise<number | undefined> {
  for (let i = 0; i < ATTEMPTS; i++) if (await isFree(first + 10 * i)) return first + 10 * i;
  return undefined;
}
