import { type Failure, UserError, WorldError } from '@atelier/errors';
import { explainFileError } from '@atelier/files';

export type ToChild =
  | { kind: 'input'; input: unknown }
  | { kind: 'acknowledged'; id: number; reply?: unknown }
  | { kind: 'cancel' };

export type ToParent =
  | { kind: 'message'; id: number; message: unknown }
  | { kind: 'result'; result: unknown }
  | { kind: 'error'; error: WireError };

export interface WireError {
  name: string;
  message: string;
  failure: Failure | undefined;
}

/** What a disk refuses is explained here: its code does not cross. */
export function toWire(thrown: unknown): WireError {
  const error = explainFileError(thrown);
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const failure = (error as { failure?: Failure }).failure;
  return { name, message, failure };
}

/** An error of the child as one of the parent's own types; unknown ones are the world's. */
export function fromWire({ name, message, failure }: WireError, what: string): Error {
  if (failure !== undefined)
    return name === 'UserError' ? new UserError(failure) : new WorldError(failure);
  return new WorldError({ what: `${what} failed.`, found: `${name}: ${message}` });
}
