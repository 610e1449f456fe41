import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorldError } from '@atelier/errors';

/**
 * Ports that no browser connects to, whatever a page asks of it
 * (https://fetch.spec.whatwg.org/#port-blocking). First those that any user may listen on, then
 * root's, whose services are out of use. Left out are X11's and NFS's, and the newest of the list.
 */
export const CLOSED_TO_BROWSERS: readonly number[] = [
  ...[6665, 6666, 6667, 6668, 6669, 6697, 6566, 10080, 4045, 3659, 1719, 1720, 1723, 5060, 5061],
  ...[1, 7, 9, 11, 13, 15, 17, 19, 77, 87, 95, 101, 103, 104, 109, 117, 526, 530, 531, 532, 540],
  ...[556, 601],
];

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
export const choosePorts = <Name extends string>(
  wanted: Record<Name, number>,
  isFree: IsFree = isPortFree,
): Promise<Record<Name, number>> => choose(wanted, stepsFrom, isFree);

/** The same with ports closed to browsers before all others, the wanted one first if it is. */
export const chooseClosedPorts = <Name extends string>(
  wanted: Record<Name, number>,
  isFree: IsFree = isPortFree,
): Promise<Record<Name, number>> =>
  choose(
    wanted,
    (first) => {
      const before = CLOSED_TO_BROWSERS.includes(first) ? [first] : [];
      return [...before, ...CLOSED_TO_BROWSERS, ...stepsFrom(ORDINARY)];
    },
    isFree,
  );

const ATTEMPTS = 200;
/** Where ports that may be anywhere are looked for. */
const ORDINARY = 7243;

const stepsFrom = (first: number): number[] =>
  Array.from({ length: ATTEMPTS }, (_, i) => first + 10 * i);

export type IsFree = (port: number) => Promise<boolean>;

async function choose<Name extends string>(
  wanted: Record<Name, number>,
  candidatesOf: (wanted: number) => readonly number[],
  isFree: IsFree,
): Promise<Record<Name, number>> {
  const chosen = {} as Record<Name, number>;
  const taken = new Set<number>();
  for (const [name, first] of Object.entries(wanted) as [Name, number][]) {
    const candidates = candidatesOf(first);
    const port = await firstFree(candidates, async (p) => !taken.has(p) && (await isFree(p)));
    if (port === undefined) {
      throw new WorldError({
        what: `No free port was found for ${name}`,
        where: '127.0.0.1',
        expected: `one of ${candidates.slice(0, 2).join(', ')}, … ${candidates.at(-1)}`,
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
  isFree: IsFree = isPortFree,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (performance.now() < deadline) {
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return;
    await sleep(50);
  }
}

async function firstFree(
  candidates: readonly number[],
  isFree: IsFree,
): Promise<number | undefined> {
  for (const port of candidates) if (await isFree(port)) return port;
  return undefined;
}
