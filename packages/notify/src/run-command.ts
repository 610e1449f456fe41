import { spawn } from 'node:child_process';
import { toolVariables } from '@atelier/environment';
import { WorldError } from '@atelier/errors';
import { bounded, oneLine } from '@atelier/text';
import type { Message } from './message.ts';

/** Milliseconds that a command may take. */
const patience = 30_000;

/** Characters of what a command says that are kept. */
const longest = 500;

/**
 * Runs a person's command in a shell, the message as JSON on its standard input. Nothing of the
 * message is part of the command line: what others wrote runs nothing.
 * @throws WorldError where it fails, or takes longer than half a minute
 */
export async function runNotifyCommand(command: string, message: Message): Promise<void> {
  const settings = { ATELIER_EVENT: message.event, ATELIER_RUN: message.run ?? '' };
  const child = spawn('sh', ['-c', command], {
    env: toolVariables(settings),
    stdio: ['pipe', 'ignore', 'pipe'],
    timeout: patience,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-longest);
  });
  // A command need not read it.
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(message));
  const ending = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    // Not 'close': what it left running in the background holds its streams.
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(signal ? `it was ended by ${signal}` : `exit code ${code}`);
    });
  });
  if (ending === undefined) return;
  throw new WorldError({
    what: 'The command that tells of an event failed.',
    where: 'ATELIER_NOTIFY_COMMAND',
    found: oneLine(bounded([ending, said.trim()].filter(Boolean).join(': '), longest)),
    remedy: 'try it in a shell',
  });
}
