import { execFile, spawn } from 'node:child_process';
import { toolVariables } from '@atelier/environment';
import { WorldError } from '@atelier/errors';

export interface CommandOptions {
  cwd?: string;
  variables?: Record<string, string>;
  /** What to tell the person to do when it fails. */
  remedy?: string;
}

const LAST_LINES = 30;

/** Runs a program to its end. @throws WorldError with its last lines when it fails */
export function runCommand(
  command: string,
  args: string[],
  { cwd, variables = {}, remedy }: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(cwd && { cwd }),
      env: toolVariables(variables),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-64 * 1024);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const fail = (found: string): void =>
      reject(
        new WorldError({
          what: `\`${command} ${args.slice(0, 3).join(' ')} …\` failed`,
          ...(cwd && { where: cwd }),
          found,
          ...(remedy && { remedy }),
        }),
      );
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(output);
      const tail = output.trimEnd().split('\n').slice(-LAST_LINES).join('\n    ');
      fail(`${signal ?? `exit code ${code}`}\n    ${tail}`);
    });
  });
}

/** What a program prints, or undefined when it is not there or fails. */
export function tryCommand(command: string, args: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      { env: toolVariables({}), timeout: 20_000 },
      (error, stdout, stderr) => {
        resolve(error ? undefined : stdout + stderr);
      },
    );
  });
}
