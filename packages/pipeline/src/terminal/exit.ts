import { isExplained, UserError } from '@atelier/errors';
import { explainFileError } from '@atelier/files';
import { bounded, printable } from '@atelier/text';

export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Ends a command with a message and an exit code. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs the part of a command that reads what the person wrote: its errors are of usage. */
export async function asUsage<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UserError) throw new CommandFailure(error.message, exitCodes.usage);
    throw error;
  }
}

/** What a person is told about an error, and the code that the program exits with. */
export function explainError(error: unknown): { message: string; exitCode: number } {
  if (error instanceof CommandFailure)
    return { message: printable(error.message), exitCode: error.exitCode };
  const explained = explainFileError(error);
  if (isExplained(explained)) return { message: explained.message, exitCode: exitCodes.failed };
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const details = (error as { details?: string }).details;
  const text = `${name}: ${message.split('\n')[0]}${details ? ` (${details})` : ''}`;
  return {
    message: printable(bounded(text, 10_000)),
    exitCode: exitCodes.failed,
  };
}

/**
 * Calls back once when the person (Ctrl-C) or the system asks this process to end. A second
 * request ends it at once.
 */
export function onInterrupt(callback: (signal: NodeJS.Signals) => void): () => void {
  let asked = false;
  const handle = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(exitCodes.interrupted);
    asked = true;
    callback(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}

/**
 * Runs what a person may stop, whose signal is aborted then.
 * @param lastWords what the command ends with where it was stopped
 */
export async function interruptible<T>(
  lastWords: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const release = onInterrupt(() =>
    stop.abort(new CommandFailure(lastWords, exitCodes.interrupted)),
  );
  try {
    return await work(stop.signal);
  } finally {
    release();
  }
}

/** 128 and SIGPIPE's number: what a shell reports of a program that this signal has ended. */
const UNREAD = 141;

/** Ends a command whose output nobody reads any more (`… | head`) as other programs end: silently. */
export function endWhenUnread(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(UNREAD);
    });
}
