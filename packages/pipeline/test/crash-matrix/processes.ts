import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../until.ts';

/** The modules that are the mains of a worker's children. */
const mains = ['trainer-main', 'prediction-child'] as const;
export type Child = (typeof mains)[number];

/** The children that compute for the workers of a stack, orphans included. */
export async function childrenOf(home: string, which: readonly Child[] = mains): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const looks = pids.map(async (pid) => {
    const command = await read(pid, 'cmdline');
    if (!which.some((child) => command.includes(child))) return [];
    const ofThisStack = (await read(pid, 'environ')).includes(`ATELIER_HOME=${home}\0`);
    return ofThisStack && (await isAlive(Number(pid))) ? [Number(pid)] : [];
  });
  return (await Promise.all(looks)).flat();
}

export async function parentOf(pid: number): Promise<number> {
  return Number((await stat(pid))?.[1]);
}

/** The environment that a process was started with. */
export async function environmentOf(pid: number): Promise<Record<string, string>> {
  const entries = (await read(String(pid), 'environ')).split('\0').filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

/** Kills processes the hard way, in this order, and resolves when all are dead. */
export async function killHard(pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  const anyAlive = async () => (await Promise.all(pids.map(isAlive))).some(Boolean);
  await until(`the death of ${pids.join(', ')}`, async () => !(await anyAlive()) || undefined, 5);
}

/** Lets a process stand still for so long. */
export async function freeze(pid: number, milliseconds: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await sleep(milliseconds);
  process.kill(pid, 'SIGCONT');
}

/** What is left of a dead process until its parent has looked is not alive. */
async function isAlive(pid: number): Promise<boolean> {
  const state = (await stat(pid))?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** State and parent of a process and what follows them, see proc(5); its name may hold spaces. */
async function stat(pid: number): Promise<string[] | undefined> {
  const text = await read(String(pid), 'stat');
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

const read = (pid: string, file: string): Promise<string> =>
  readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
