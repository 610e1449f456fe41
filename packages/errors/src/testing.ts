import type { Failure, UserError, WorldError } from './failure.ts';

/**
 * What a piece of work failed with, for tests to look at.
 * @throws what it failed with where that is not of this kind, or its result where it did not fail
 */
export async function failureFrom(
  kind: new (...args: never[]) => UserError | WorldError,
  work: Promise<unknown>,
): Promise<Failure> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (!(error instanceof kind)) throw error;
  return error.failure;
}
