import { type ChildProcess, spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { serviceVariables } from '@atelier/environment';
import { openLog, rotateLog } from './log-file.ts';
import type { ServiceSpec } from './service-spec.ts';

/**
 * Starts a service's process, which writes to its log. Never rejects: whatever keeps it from
 * starting is a death like others, after which it is tried again.
 * @returns the process, or in words why there is none
 */
export async function startService(
  spec: ServiceSpec,
  logPath: string,
  say: (text: string) => void,
): Promise<ChildProcess | string> {
  const log = await openServiceLog(spec.name, logPath, say);
  const output = log?.fd ?? 'ignore';
  try {
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: serviceVariables(spec.variables, spec.complete),
      stdio: ['ignore', output, output],
      // A group of its own: no terminal's Ctrl-C reaches it, and it can be ended as a whole.
      detached: true,
    });
    const failed = await new Promise<Error | undefined>((resolve) => {
      child.once('spawn', () => resolve(undefined));
      child.once('error', resolve);
    });
    return failed === undefined ? child : notStarted(failed);
  } catch (error) {
    // Node reports some refusals of the system through the event, and throws the others.
    return notStarted(error as Error);
  } finally {
    await log?.close().catch(() => {});
  }
}

/**
 * Undefined where there can be no log: a service that runs unheard is of more use than none, and
 * what takes the log away, a full disk for one, is just what services die of.
 */
async function openServiceLog(
  name: string,
  path: string,
  say: (text: string) => void,
): Promise<FileHandle | undefined> {
  await rotateLog(path).catch((error: Error) =>
    say(`the log of ${name} could not be cut (${error.message})`),
  );
  try {
    return await openLog(path);
  } catch (error) {
    say(`${name} is started without its log (${(error as Error).message})`);
    return undefined;
  }
}

const notStarted = (error: Error): string => `could not be started (${error.message})`;
