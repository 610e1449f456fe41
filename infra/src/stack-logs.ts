import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AtelierEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { lastLines } from './log-file.ts';
import { logPath } from './stack-file.ts';

export interface LogLine {
  /** supervisor, temporal, minio or worker */
  service: string;
  text: string;
}

/**
 * The last lines of the stack's logs, then, with `follow`, each new one until `signal` says stop.
 * @param lines per service
 * @throws UserError for a service that has no log
 */
export async function* stackLogs({
  environment: { home },
  service,
  lines = 50,
  follow = false,
  signal,
}: {
  environment: AtelierEnvironment;
  service?: string;
  lines?: number;
  follow?: boolean;
  signal?: AbortSignal;
}): AsyncGenerator<LogLine> {
  const names = await logNames(home);
  if (service !== undefined && !names.includes(service)) {
    throw new UserError({
      what: `There is no log of ${service}`,
      where: dirname(logPath(home, service)),
      expected: names.join(', ') || 'no logs yet: `npx atelier up` starts the stack',
      found: service,
    });
  }
  const chosen = service === undefined ? names : [service];
  const positions = new Map<string, number>();
  for (const name of chosen) {
    positions.set(name, await sizeOf(logPath(home, name)));
    for (const text of await lastLines(logPath(home, name), lines)) yield { service: name, text };
  }
  while (follow && !signal?.aborted) {
    for (const name of chosen) {
      const { text, position } = await readFrom(logPath(home, name), positions.get(name) ?? 0);
      positions.set(name, position);
      for (const line of text) yield { service: name, text: line };
    }
    await sleep(200, undefined, { ...(signal && { signal }) }).catch(() => {});
  }
}

async function logNames(home: string): Promise<string[]> {
  const files = await readdir(dirname(logPath(home, ''))).catch(() => []);
  return files
    .filter((file) => file.endsWith('.log'))
    .map((file) => basename(file, '.log'))
    .sort();
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** The complete lines after `position`; from the start again when the log was cut meanwhile. */
async function readFrom(path: string, position: number) {
  const size = await sizeOf(path);
  const start = size < position ? 0 : position;
  if (size === start) return { text: [], position: start };
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(size - start),
      0,
      size - start,
      start,
    );
    const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    const text = buffer.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
    return { text, position: start + end };
  } finally {
    await file.close();
  }
}
